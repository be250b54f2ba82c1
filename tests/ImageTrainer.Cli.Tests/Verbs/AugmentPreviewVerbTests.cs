using System.Diagnostics;
using System.Globalization;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class AugmentPreviewVerbTests
{
    [TestMethod]
    [DataRow("sheet.png", "png")]
    [DataRow("new/folder/sheet.JPG", "jpeg")]
    public void AugmentPreview_Folder_WritesASheet(string output, string format)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);

        CliResult result = Cli.Run(folder.Path, "augment-preview", "photos", "--rows", "2", "--epochs", "3", "--output", output);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        ImageHeader header = new ImageReader().ReadHeader(folder.Combine(output));
        Assert.AreEqual((660, 332, format), (header.Width, header.Height, header.Format));
    }

    [TestMethod]
    [DataRow("sheet.webp", "'sheet.webp' ends neither in .png nor in .jpg or .jpeg; name such a file with --output.")]
    [DataRow("sheets.png", "'sheets.png' is a folder; name a file with --output.")]
    [DataRow("file/sheet.png", "'file/sheet.png' cannot be written to (")]
    public void AugmentPreview_PlaceThatDoesNotDo_IsAMistakeOfUsage(string output, string message)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        Directory.CreateDirectory(folder.Combine("sheets.png"));
        folder.Write("file", "");

        CliResult result = Cli.Run(folder.Path, "augment-preview", "photos", "--output", output);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Error, message);
    }

    [TestMethod]
    [DataRow("list.csv", "pictures/across/00.png")]
    [DataRow("links", "pictures/across/00.png")]
    [DataRow("links", "pictures/across/new/sheet.png")]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void AugmentPreview_AmongItsImages_IsRefused(string dataset, string output)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("pictures"), count: 2, labels: ["across", "down"]);
        byte[] picture = File.ReadAllBytes(folder.Combine("pictures", "across", "00.png"));
        folder.Write("list.csv", "path,label\npictures/across/00.png,across\npictures/down/00.png,down\n");
        Directory.CreateDirectory(folder.Combine("links"));
        foreach (string name in new[] { "across", "down" })
            Directory.CreateSymbolicLink(folder.Combine("links", name), folder.Combine("pictures", name));

        CliResult result = Cli.Run(folder.Path, "augment-preview", dataset, "--output", output);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "name another place with --output.");
        CollectionAssert.AreEqual(picture, File.ReadAllBytes(folder.Combine("pictures", "across", "00.png")));
        Assert.IsFalse(Directory.Exists(folder.Combine("pictures", "across", "new")));
    }

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void AugmentPreview_SignalWhileDrawing_Ends130AndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        byte[] large = new RgbImage(2000, 2000, new byte[3 * 2000 * 2000]).EncodePng();
        foreach (int number in Enumerable.Range(0, 20)) folder.Write($"photos/{number % 2}/{number}.png", large);
        Process process = Cli.Start(folder.Path, "augment-preview", "photos", "--rows", "20", "--epochs", "50");
        // It starts in a fraction of that, and draws for many times that.
        while (!process.HasExited && process.TotalProcessorTime < TimeSpan.FromSeconds(1)) Thread.Sleep(10);

        Process.Start("kill", ["-s", "TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        CliResult result = Cli.Finish(process, []);

        Assert.AreEqual(130, result.ExitCode, result.Error);
        Assert.AreEqual("Cancelled.", result.Error.Trim());
        Assert.IsEmpty(Directory.GetFiles(folder.Path));
    }
}
