using System.Diagnostics;
using System.Net;
using ImageTrainer.Tests;

namespace ImageTrainer.Cli.Verbs;

[TestClass]
public class ServeVerbTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [TestMethod]
    public async Task Serve_TwoModelsAndAKey_AnswersUntilItIsAskedToEnd()
    {
        using var folder = new TemporaryFolder();
        string model = folder.Write("shapes/model.zip", TinyModel.Zip);
        using Process program = Start("serve", model, $"other={model}", "--urls", "http://127.0.0.1:0", "--api-key", "sesame", "--reload");
        Uri address = await AddressAsync(program);
        using var client = new HttpClient { BaseAddress = address, Timeout = Limit };

        using HttpResponseMessage page = await client.GetAsync("/");
        using HttpResponseMessage refused = await client.GetAsync("/v1/models");
        client.DefaultRequestHeaders.Add("X-API-Key", "sesame");
        string models = await client.GetStringAsync("/v1/models");
        using HttpResponseMessage answer = await client.PostAsync("/v1/models/other:predict", new ByteArrayContent([1, 2, 3]));
        string document = await client.GetStringAsync("/openapi/v1.json");

        StringAssert.Contains(await page.Content.ReadAsStringAsync(), "<title>ImageTrainer</title>");
        Assert.AreEqual(HttpStatusCode.Unauthorized, refused.StatusCode);
        StringAssert.Contains(models, "\"name\":\"shapes\"");
        Assert.AreEqual(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        StringAssert.Contains(document, ":predict");
        if (OperatingSystem.IsWindows())
        {
            program.Kill();
            return;
        }

        using Process kill = Process.Start("kill", ["-TERM", $"{program.Id}"]);
        await program.WaitForExitAsync().WaitAsync(Limit);
        Assert.AreEqual(0, program.ExitCode);
    }

    [TestMethod]
    [DataRow(3, "there is no such file", "serve", "nowhere.zip")]
    [DataRow(2, "Two models are called 'a'", "serve", "a=x.zip", "a=y.zip")]
    public async Task Serve_ThatCannotBe_SaysWhy(int code, string reason, params string[] arguments)
    {
        using Process program = Start(arguments);

        string said = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync().WaitAsync(Limit);

        StringAssert.Contains(said, reason);
        Assert.AreEqual(code, program.ExitCode);
    }

    [TestMethod]
    public async Task Serve_AddressThatIsTaken_Is2()
    {
        using var folder = new TemporaryFolder();
        string model = folder.Write("model.zip", TinyModel.Zip);
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using Process program = Start("serve", $"m={model}", "--urls", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");

        string said = await program.StandardError.ReadToEndAsync();
        await program.WaitForExitAsync().WaitAsync(Limit);

        StringAssert.Contains(said, "Cannot listen on");
        Assert.AreEqual(2, program.ExitCode);
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(ConsoleProgram.Path, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;

    private static async Task<Uri> AddressAsync(Process program)
    {
        while (await program.StandardError.ReadLineAsync().WaitAsync(Limit) is { } line)
        {
            string? url = line.Split(' ', ';').FirstOrDefault(word => word.StartsWith("http://", StringComparison.Ordinal));
            if (url is not null) return new Uri(url);
        }

        throw new InvalidOperationException("It ended before it listened.");
    }
}
