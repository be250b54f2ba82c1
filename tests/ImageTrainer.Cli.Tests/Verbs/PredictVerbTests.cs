using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class PredictVerbTests
{
    [TestMethod]
    public void Predict_Image_PrintsItsLabel()
    {
        CliResult result = Predict(TrainedModel.Picture());

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual("", result.Error);
        StringAssert.Matches(result.Output, new Regex(@"^photos/across/00\.png: across \(\d+\.\d %\)\r?\n$"));
    }

    [TestMethod]
    public void Predict_Image_LeavesNothingInTheUsersCache()
    {
        using var folder = new TemporaryFolder();

        Cli.Run(folder.Path, "predict", TrainedModel.Model, Path.Combine(TrainedModel.Folder, TrainedModel.Picture()));

        Assert.AreEqual(0, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [TestMethod]
    public void Predict_HeicWithSystemsLibvips_PrintsItsLabel()
    {
        using var folder = new TemporaryFolder();
        string picture = Path.Combine(TrainedModel.Folder, TrainedModel.Picture());
        string encode = $"heif-enc -q 90 -o photo.heic '{picture}' > log 2>&1 || exit 127";

        CliResult result = Cli.RunShell(folder.Path, $"{encode}; IMAGETRAINER_LIBVIPS=system $IT predict '{TrainedModel.Model}' photo.heic");

        if (result.ExitCode == 127) Assert.Inconclusive("heif-enc is not installed, or has no encoder for HEVC (on Debian: apt-get install libheif-examples).");
        if (result.Error.Contains("was not found")) Assert.Inconclusive("The system has no libvips (on Debian: apt-get install libvips42).");
        Assert.AreEqual((0, ""), (result.ExitCode, result.Error));
        StringAssert.Matches(result.Output, new Regex(@"^photo\.heic: across \(\d+\.\d %\)\n$"));
    }

    [TestMethod]
    public void Predict_LibvipsOfAnotherName_IsRefused()
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.RunShell(folder.Path, "IMAGETRAINER_LIBVIPS=mine $IT predict model.zip photo.jpg");

        Assert.AreEqual((2, "IMAGETRAINER_LIBVIPS is 'mine'; it can be system or packaged.\n"), (result.ExitCode, result.Error));
    }

    [TestMethod]
    public void Predict_Top_PrintsTheLikeliestFirst()
    {
        CliResult result = Predict(TrainedModel.Picture(Photos.AwkwardLabel), "--top", "9");

        const string Other = @"(across|down) \([\d.]+ %\)";
        StringAssert.Matches(result.Output, new Regex($@": {Photos.AwkwardLabel} \([\d.]+ %\), {Other}, {Other}\r?\n$"));
    }

    [TestMethod]
    public void Predict_MissingAndForeignImagesAmongOthers_LabelsTheOthers()
    {
        CliResult result = Predict(TrainedModel.Picture(), "@missing.png", "run/args.json", TrainedModel.Picture("down"));

        string[] errors = result.Error.TrimEnd().Split(Environment.NewLine);
        Assert.AreEqual(5, result.ExitCode, result.Error);
        Assert.AreEqual(2, result.OutputLines.Length);
        Assert.AreEqual(2, errors.Length);
        Assert.AreEqual("Cannot read the image '@missing.png': there is no such file.", errors[0]);
        StringAssert.StartsWith(errors[1], "Cannot read the image 'run/args.json': its content is no image format");
    }

    [TestMethod]
    public void Predict_Heatmap_DrawsEachReadableImageAndPrintsTheSameLines()
    {
        using var folder = new TemporaryFolder();
        string[] images = [TrainedModel.Picture(), "@missing.png", TrainedModel.Picture("down")];

        CliResult result = Predict([.. images, "--heatmap", folder.Combine("maps")]);

        CliResult plain = Predict(images);
        Assert.AreEqual((plain.ExitCode, plain.Output, plain.Error), (result.ExitCode, result.Output, result.Error));
        string[] names = [.. Directory.GetFiles(folder.Combine("maps")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        CollectionAssert.AreEqual(new[] { "00-2.heatmap.png", "00.heatmap.png" }, names);
        Assert.AreEqual("png", new ImageTrainer.Imaging.ImageReader().ReadHeader(folder.Combine("maps", names[0])).Format);
    }

    [TestMethod]
    public void Predict_HeatmapFolderWithFiles_IsRefusedAndKept()
    {
        using var folder = new TemporaryFolder();
        folder.Write("maps/mine.txt", "mine");

        CliResult result = Predict(TrainedModel.Picture(), "--heatmap", folder.Combine("maps"));

        Assert.AreEqual((2, "", $"'{folder.Combine("maps")}' is not empty; name a new folder with --heatmap.\n"), (result.ExitCode, result.Output, result.Error));
        Assert.AreEqual("mine", File.ReadAllText(folder.Combine("maps", "mine.txt")));
    }

    [TestMethod]
    public void Predict_Json_PrintsOneObjectALine()
    {
        CliResult result = Predict(TrainedModel.Picture("down"), "missing.png", "--json", "--top", "2");

        JsonElement[] lines = [.. result.OutputLines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.AreEqual(5, result.ExitCode, result.Error);
        Assert.AreEqual("", result.Error);
        foreach (JsonElement line in lines)
        {
            string[] names = [.. line.EnumerateObject().Select(property => property.Name)];
            CollectionAssert.AreEqual(new[] { "path", "predictedLabel", "probability", "topK", "error" }, names);
        }

        Assert.AreEqual("down", lines[0].GetProperty("predictedLabel").GetString());
        Assert.AreEqual(2, lines[0].GetProperty("topK").GetArrayLength());
        Assert.AreEqual("down", lines[0].GetProperty("topK")[0].GetProperty("label").GetString());
        Assert.AreEqual(
            lines[0].GetProperty("probability").GetSingle(), lines[0].GetProperty("topK")[0].GetProperty("probability").GetSingle());
        Assert.AreEqual(JsonValueKind.Null, lines[0].GetProperty("error").ValueKind);
        Assert.AreEqual("missing.png", lines[1].GetProperty("path").GetString());
        Assert.AreEqual(JsonValueKind.Null, lines[1].GetProperty("predictedLabel").ValueKind);
        Assert.AreEqual("there is no such file", lines[1].GetProperty("error").GetString());
    }

    [TestMethod]
    [DataRow("photos")]
    [DataRow("photos/**/*.png")]
    public void Predict_FolderOrPattern_LabelsItsImagesInOrder(string argument)
    {
        CliResult result = Predict(argument, "--json");

        string[] paths = [.. result.OutputLines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("path").GetString()!)];
        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual(24, paths.Length);
        CollectionAssert.AreEqual(paths.Order(StringComparer.Ordinal).ToArray(), paths);
        Assert.AreEqual($"photos/{Photos.AwkwardLabel}/07.png", paths[^1]);
    }

    [TestMethod]
    public void Predict_ImageOnStandardInput_LabelsIt()
    {
        byte[] image = File.ReadAllBytes(Path.Combine(TrainedModel.Folder, TrainedModel.Picture("down", 3)));

        CliResult result = Cli.RunWithInput(TrainedModel.Folder, image, "predict", TrainedModel.Model, "-");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Output, "-: down (");
    }

    [TestMethod]
    public void Predict_PathsOnStandardInput_LabelsEach()
    {
        byte[] list = Encoding.UTF8.GetBytes($"{TrainedModel.Picture()}\r\n\n{TrainedModel.Picture(Photos.AwkwardLabel, 2)}");

        CliResult result = Cli.RunWithInput(TrainedModel.Folder, list, "predict", TrainedModel.Model, "-");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual(2, result.OutputLines.Length);
        StringAssert.StartsWith(result.OutputLines[1], $"photos/{Photos.AwkwardLabel}/02.png: ");
    }

    [TestMethod]
    public void Predict_DamagedImageOnStandardInput_IsOneError()
    {
        CliResult result = Cli.RunWithInput(TrainedModel.Folder, [.. "%PDF-1.7\n"u8, 0, 255], "predict", TrainedModel.Model, "-");

        Assert.AreEqual(5, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "it is a PDF document");
        Assert.AreEqual(1, result.Error.TrimEnd().Split(Environment.NewLine).Length);
    }

    [TestMethod]
    public void Predict_NothingOnStandardInput_IsAUsageError()
    {
        CliResult result = Predict("-");

        Assert.AreEqual(2, result.ExitCode);
        StringAssert.StartsWith(result.Error, "Standard input is empty;");
    }

    [TestMethod]
    [DataRow(3, "Cannot load the model 'nosuch.zip': there is no such file", "nosuch.zip")]
    [DataRow(3, "Cannot load the model 'photos/across/00.png': it is not a zip file", "photos/across/00.png")]
    [DataRow(3, "Cannot load the model 'cut.zip': ", "cut.zip")]
    public void Predict_UnusableModel_Ends3(int exitCode, string message, string model)
    {
        string cut = Path.Combine(TrainedModel.Folder, "cut.zip");
        if (model == "cut.zip") File.WriteAllBytes(cut, File.ReadAllBytes(TrainedModel.Model)[..50_000]);

        CliResult result = Cli.Run(TrainedModel.Folder, "predict", model, TrainedModel.Picture());

        Assert.AreEqual(exitCode, result.ExitCode);
        Assert.AreEqual("", result.Output);
        StringAssert.StartsWith(result.Error, message);
    }

    [TestMethod]
    public void Predict_ReaderGone_EndsQuietly()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Pipes break differently there.");
        string list = string.Concat(Enumerable.Repeat(TrainedModel.Picture() + "\n", 200_000));
        using Process process = Cli.Start(TrainedModel.Folder, "predict", TrainedModel.Model, "-", "--json");
        process.StandardInput.Write(list);
        process.StandardInput.Close();

        string? first = process.StandardOutput.ReadLine();
        process.StandardOutput.Close();
        string error = process.StandardError.ReadToEnd();
        bool hasEnded = process.WaitForExit(TimeSpan.FromMinutes(2));

        StringAssert.StartsWith(first, "{\"path\":\"photos/across/00.png\"");
        Assert.AreEqual("", error);
        Assert.IsTrue(hasEnded);
        Assert.AreEqual(0, process.ExitCode);
    }

    [TestMethod]
    public void Predict_FullDisk_SaysSo()
    {
        CliResult result = Cli.RunShell(TrainedModel.Folder, $"\"$IT\" predict run/model.zip {TrainedModel.Picture()} > /dev/full");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "Standard output cannot be written: No space left on device.");
    }

    [TestMethod]
    public void Predict_PatternWithoutMatchAmongOthers_LabelsTheOthers()
    {
        CliResult result = Predict("nowhere/*.jpg", TrainedModel.Picture());

        Assert.AreEqual(5, result.ExitCode, result.Error);
        Assert.AreEqual(1, result.OutputLines.Length);
        StringAssert.StartsWith(result.Error, "No file matches 'nowhere/*.jpg'.");
    }

    [TestMethod]
    public void Predict_NamesThatSteerATerminal_AreShownAsText()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("No file can have that name there.");
        using var folder = new TemporaryFolder();
        string sound = folder.Combine("a\u001b[31m\nb.png");
        File.Copy(Path.Combine(TrainedModel.Folder, TrainedModel.Picture()), sound);

        CliResult result = Predict(sound, folder.Combine("\u001b[31mmissing.png"));

        StringAssert.Contains(result.Output, "/a\\u001b[31m\\u000ab.png: across (");
        StringAssert.Contains(result.Error, "/\\u001b[31mmissing.png': there is no such file.");
        Assert.AreEqual(1, result.OutputLines.Length);
    }

    [TestMethod]
    [DoNotParallelize]
    public void Predict_TwoSignalsWhileItHangs_EndsCancelled()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no SIGTERM.");
        using Process process = Cli.Start(TrainedModel.Folder, "predict", TrainedModel.Model, "-");
        Task<string> error = process.StandardError.ReadToEndAsync();
        // More than a pipe holds: once it is written, the verb is reading, and waits for the rest.
        process.StandardInput.BaseStream.Write(new byte[1 << 20]);
        process.StandardInput.BaseStream.Flush();

        // One signal alone is given ten seconds.
        var watch = Stopwatch.StartNew();
        do Process.Start("kill", ["-s", "TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        while (!process.WaitForExit(TimeSpan.FromSeconds(1)) && watch.Elapsed < TimeSpan.FromSeconds(9));

        Assert.IsTrue(process.HasExited);
        Assert.AreEqual(130, process.ExitCode);
        Assert.AreEqual("Cancelled.", error.Result.TrimEnd());
    }

    [TestMethod]
    [DoNotParallelize]
    public void Predict_TwoSignalsWhileNobodyReadsItsOutput_EndsCancelled()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no SIGTERM.");
        using Process process = Cli.Start(TrainedModel.Folder, "predict", TrainedModel.Model, "-", "--json");
        // Their results are more than a pipe holds.
        for (int i = 0; i < 2000; i++) process.StandardInput.WriteLine(TrainedModel.Picture());
        process.StandardInput.Close();
        var watch = Stopwatch.StartNew();
        while (process.TotalProcessorTime < TimeSpan.FromSeconds(2) && watch.Elapsed < TimeSpan.FromSeconds(20)) Thread.Sleep(50);

        watch.Restart();
        do Process.Start("kill", ["-s", "TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        while (!process.WaitForExit(TimeSpan.FromSeconds(1)) && watch.Elapsed < TimeSpan.FromSeconds(9));

        Assert.IsTrue(process.HasExited);
        Assert.AreEqual(130, process.ExitCode);
    }

    private static CliResult Predict(params string[] arguments) =>
        Cli.Run(TrainedModel.Folder, ["predict", TrainedModel.Model, .. arguments]);
}
