using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using ImageTrainer.Imaging;
using ImageTrainer.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Playwright;

namespace ImageTrainer.AspNetCore;

/// <summary>The page in the system's Chromium. IMAGETRAINER_SCREENSHOTS names a folder that pictures of it are put into.</summary>
[TestClass]
[DoNotParallelize]
public class PageTests
{
    private static readonly string[] Browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private static IPlaywright? playwright;
    private static IBrowser? browser;

    [ClassInitialize]
    public static async Task StartBrowser(TestContext _)
    {
        if (Browsers.FirstOrDefault(File.Exists) is not { } path) return;
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = path, Args = ["--no-sandbox"] });
    }

    [ClassCleanup]
    public static async Task StopBrowser()
    {
        if (browser is not null) await browser.CloseAsync();
        playwright?.Dispose();
    }

    [TestMethod]
    [DataRow(1280, "light")]
    [DataRow(1280, "dark")]
    [DataRow(390, "light")]
    [DataRow(390, "dark")]
    public async Task Page_PhotosAndABrokenFile_ShowsAnswersAndReasons(int width, string scheme)
    {
        await using ServingHost host = await StartAsync();
        IPage page = await OpenAsync(host, width, scheme);

        await ChooseAsync(page, ("one.png", Photo(1)), ("two.png", Photo(2)), ("broken.jpg", ServingHost.Photo[..300]), ("three.png", Photo(3)));
        await page.GetByText("4 of 4 photos answered, 1 of them could not be read.").WaitForAsync();

        Assert.AreEqual(4, await page.Locator("#results > li").CountAsync());
        Assert.AreEqual(3, await page.Locator("#results .bars").CountAsync());
        StringAssert.Contains(await page.Locator("li.failed .verdict").TextContentAsync(), "cannot be read");
        await page.Locator("#threshold").FillAsync("100");
        Assert.AreEqual(3, await page.Locator("#results .tag").CountAsync());
        Assert.IsLessThanOrEqualTo(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        await page.GetByText("resnet10-tiny").WaitForAsync();
        Assert.AreEqual(5, await page.Locator("table tr").CountAsync());
        await AssertAccessibleAsync(page);
        await KeepPictureAsync(page, $"page-{width}-{scheme}.png");
    }

    [TestMethod]
    public async Task Page_ModelIsReplacedWhileOpen_SaysSoAndShowsTheNewOne()
    {
        await using ServingHost host = await StartAsync();
        IPage page = await OpenAsync(host, 1280, "light");
        string old = host.Model.Current.ShortHash;
        await page.GetByText(old).WaitForAsync();

        File.WriteAllBytes(host.ModelPath, ServingHost.OtherZip(2));
        await ServingHost.WaitForAsync(() => host.Model.Current.ShortHash != old, "the reload");
        await ChooseAsync(page, ("one.png", Photo(1)));

        await page.GetByText(host.Model.Current.ShortHash).WaitForAsync();
        await page.GetByText("The model was replaced").WaitForAsync();
    }

    [TestMethod]
    public async Task Page_ServerWithAKey_AsksForItOnce()
    {
        await using ServingHost host = await StartAsync(options => options.ApiKeys.Add("open sesame"));
        IPage page = await OpenAsync(host, 390, "light");

        await page.GetByLabel("This server asks for a key").FillAsync("open sesame");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByText("resnet10-tiny").WaitForAsync();
        await ChooseAsync(page, ("one.png", Photo(1)));

        await page.GetByText("1 of 1 photos answered.").WaitForAsync();
        Assert.IsFalse(await page.Locator("#key-form").IsVisibleAsync());
    }

    [TestMethod]
    public async Task Page_DroppedAndPastedFiles_AreAnswered()
    {
        await using ServingHost host = await StartAsync();
        IPage page = await OpenAsync(host, 1280, "light");
        const string Send = """
            ([kind, bytes]) => {
              const files = new DataTransfer();
              files.items.add(new File([new Uint8Array(bytes)], `${kind}.png`, { type: "image/png" }));
              document.body.dispatchEvent(kind === "drop"
                ? new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true })
                : new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true }));
            }
            """;

        foreach (string kind in new[] { "drop", "paste" })
            await page.EvaluateAsync(Send, new object[] { kind, Photo(1).Select(value => (int)value).ToArray() });

        await page.GetByText("2 of 2 photos answered.").WaitForAsync();
        CollectionAssert.AreEquivalent(new[] { "drop.png", "paste.png" }, (await page.Locator(".name").AllTextContentsAsync()).ToArray());
    }

    [TestMethod]
    public async Task Page_Keyboard_ReachesEverything()
    {
        await using ServingHost host = await StartAsync();
        IPage page = await OpenAsync(host, 1280, "light");
        await page.GetByText("resnet10-tiny").WaitForAsync();

        var reached = new List<string>();
        for (int i = 0; i < 9; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            reached.Add(await page.EvaluateAsync<string>("document.activeElement.id || document.activeElement.textContent.slice(0, 8) || document.activeElement.ariaLabel"));
        }

        foreach (string wanted in new[] { "Skip to ", "model", "files", "threshold", "Copy the" }) CollectionAssert.Contains(reached, wanted);
    }

    [TestMethod]
    public async Task Files_CarryAPolicyThatForbidsEverythingFromElsewhere()
    {
        await using ServingHost host = await ServingHost.StartAsync(map: application => application.MapImageClassificationPage());

        foreach (string path in new[] { "/", "/page/page.js", "/page/page.css", "/page/photos.js", "/page/card.js", "/page/icon.svg" })
        {
            using HttpResponseMessage response = await host.Client.GetAsync(path);
            string text = await response.Content.ReadAsStringAsync();
            string policy = response.Headers.GetValues("Content-Security-Policy").Single();

            StringAssert.StartsWith(policy, "default-src 'none'; script-src 'self'; style-src 'self'");
            Assert.DoesNotContain("unsafe", policy);
            Assert.DoesNotContain("https://", text);
            Assert.DoesNotContain("style=\"", text);
            using var again = new HttpRequestMessage(HttpMethod.Get, path);
            again.Headers.IfNoneMatch.Add(response.Headers.ETag!);
            using HttpResponseMessage unchanged = await host.Client.SendAsync(again);
            Assert.AreEqual(System.Net.HttpStatusCode.NotModified, unchanged.StatusCode);
        }
    }

    private static async Task<ServingHost> StartAsync(Action<ImageServingOptions>? configure = null)
    {
        if (browser is null) Assert.Inconclusive($"Install chromium to run this test; it is looked for at {string.Join(", ", Browsers)}.");
        using var folder = new TemporaryFolder();
        ServingHost host = await ServingHost.StartAsync(configure, map: application => application.MapImageClassificationPage());
        host.Folder.Write("metrics.json", """
            {"microAccuracy": 0.9, "microAccuracyInterval": {"lower": 0.77, "upper": 0.96}, "imageCount": 40, "backbone": "resnet10-tiny",
             "precision": "fp32", "labels": ["disc", "square", "stripes", "nothing at all"]}
            """);
        host.Folder.Write("confusion.csv", "actual,disc,square,stripes,nothing at all\ndisc,10,0,0,0\nsquare,1,9,0,0\nstripes,0,0,8,2\nnothing at all,0,0,1,9\n");
        string old = host.Model.Current.Hash;
        // The report is read with the model, so another version is loaded beside it.
        File.WriteAllBytes(host.ModelPath, ServingHost.OtherZip(9));
        await ServingHost.WaitForAsync(() => host.Model.Current.Hash != old, "the model with its report");
        return host;
    }

    private static async Task<IPage> OpenAsync(ServingHost host, int width, string scheme)
    {
        IBrowserContext context = await browser!.NewContextAsync(new()
        {
            ViewportSize = new ViewportSize { Width = width, Height = 844 },
            ColorScheme = scheme == "dark" ? ColorScheme.Dark : ColorScheme.Light,
        });
        IPage page = await context.NewPageAsync();
        page.PageError += (_, error) => Assert.Fail($"The page failed: {error}");
        await page.GotoAsync(host.Client.BaseAddress!.ToString());
        return page;
    }

    private static Task ChooseAsync(IPage page, params (string Name, byte[] Bytes)[] files) =>
        page.Locator("#files").SetInputFilesAsync(files.Select(file => new FilePayload { Name = file.Name, MimeType = "image/png", Buffer = file.Bytes }));

    private static async Task AssertAccessibleAsync(IPage page)
    {
        AxeResult found = await page.RunAxe();
        string[] faults = [.. found.Violations.Select(fault => $"{fault.Impact}: {fault.Id}: {fault.Help} {string.Join(", ", fault.Nodes.Select(node => node.Html))}")];
        Assert.IsEmpty(faults, string.Join(Environment.NewLine, faults));
        Assert.IsNotEmpty(found.Passes);
    }

    private static async Task KeepPictureAsync(IPage page, string name)
    {
        byte[] picture = await page.ScreenshotAsync(new() { FullPage = true });
        Assert.IsGreaterThan(10_000, picture.Length);
        if (Environment.GetEnvironmentVariable("IMAGETRAINER_SCREENSHOTS") is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(folder, name), picture);
    }

    private static byte[] Photo(int number) => BitmapPng(Drawings.Draw(Drawings.Kinds[number % 3], number));

    private static byte[] BitmapPng(RgbImage image)
    {
        using var folder = new TemporaryFolder();
        image.SavePng(folder.Combine("photo.png"));
        return File.ReadAllBytes(folder.Combine("photo.png"));
    }
}
