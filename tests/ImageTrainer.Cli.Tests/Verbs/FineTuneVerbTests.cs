using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class FineTuneVerbTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly string[] Training =
    [
        "train", "photos", "--image-size", "64", "--fine-tune", "stage4", "--augment", "light", "--batch-size", "4", "--epochs", "6",
        "--patience", "6", "--learning-rate", "0.0005", "--run-dir", "run",
    ];

    [TestMethod]
    public void Train_FineTuned_EvaluatesToTheLastDigitAsMeasuredAndTellsTheComparison()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Photos.WriteFolder(folder.Combine("others"), seed: 2);

        CliResult trained = Cli.Run(folder.Path, [.. Training, "--test", "others"]);
        CliResult evaluated = Cli.Run(folder.Path, "evaluate", "run/model.zip", "others", "--json");

        Assert.AreEqual(0, trained.ExitCode, trained.Error);
        using var metrics = JsonDocument.Parse(File.ReadAllText(folder.Combine("run", "metrics.json")));
        using var again = JsonDocument.Parse(evaluated.Output);
        foreach (string name in new[] { "microAccuracy", "logLoss", "expectedCalibrationError" })
            Assert.AreEqual(metrics.RootElement.GetProperty(name).GetDouble(), again.RootElement.GetProperty(name).GetDouble(), name);
        Assert.AreEqual("stage4", metrics.RootElement.GetProperty("fineTuning").GetProperty("stages").GetString());
        StringAssert.Contains(trained.Error, "Frozen network: validation loss");
        Assert.HasCount(8, File.ReadAllLines(folder.Combine("run", "history.csv")));
        Assert.IsFalse(Directory.Exists(folder.Combine("run", "checkpoint")));
    }

    [TestMethod]
    public void Train_InterruptedInEpochThree_Ends130AndLeavesAModelThatPredicts()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Process process = Cli.Start(folder.Path, [.. Training.Select(argument => argument == "6" ? "1000" : argument)]);
        WaitForLine(folder.Combine("run", "log.txt"), "Epoch 2/");

        Signal(process, "INT");
        CliResult cancelled = Cli.Finish(process, []);
        CliResult predicted = Cli.Run(folder.Path, "predict", "run/model.zip", "photos/across/00.png");

        Assert.AreEqual(130, cancelled.ExitCode, cancelled.Error);
        StringAssert.Contains(cancelled.Error, "model.zip holds ");
        StringAssert.Contains(cancelled.Error, "--resume run");
        Assert.AreEqual(0, predicted.ExitCode, predicted.Error);
    }

    [TestMethod]
    public void Train_KilledTwiceAndResumed_GivesTheBytesOfTheWholeRun()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        CliResult whole = Cli.Run(folder.Path, Training);
        byte[] expected = File.ReadAllBytes(folder.Combine("run", "model.zip"));
        Directory.Delete(folder.Combine("run"), recursive: true);

        Kill(Cli.Start(folder.Path, Training), folder.Combine("run", "log.txt"), "Epoch 1/");
        Kill(Cli.Start(folder.Path, "train", "--resume", "run"), folder.Combine("run", "log.txt"), "Epoch 3/");
        CliResult resumed = Cli.Run(folder.Path, "train", "--resume", "run");

        Assert.AreEqual(0, whole.ExitCode, whole.Error);
        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
        CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.Combine("run", "model.zip")));
    }

    [TestMethod]
    public void Train_LearningRateOfAThousand_EndsInOneErrorWithCode1AndNoModel()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        CliResult result = Cli.Run(
            folder.Path, "train", "photos", "--image-size", "64", "--fine-tune", "stage4", "--learning-rate", "1000", "--run-dir", "run");

        Assert.AreEqual(1, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "Use a smaller learning rate.");
        Assert.IsFalse(result.Error.Contains("Internal error", StringComparison.Ordinal));
        Assert.IsFalse(File.Exists(folder.Combine("run", "model.zip")));
    }

    [TestMethod]
    [DataRow("--augment", "light", "--augment has no effect without --fine-tune")]
    [DataRow("--fine-tune", "stage9", "--fine-tune takes stage4, stage3 or all, and 'stage9' is none of them.")]
    [DataRow("--resume", "nowhere", "leave 'photos' out")]
    public void Train_OptionsThatMakeNoSense_EndInUsage(string option, string value, string complaint)
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "train", "photos", option, value);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, complaint);
    }

    [TestMethod]
    public void AugmentPreview_Folder_WritesASheet()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);

        CliResult result = Cli.Run(folder.Path, "augment-preview", "photos", "--rows", "2", "--epochs", "3", "--output", "sheet.png");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual((660, 332), Size(folder.Combine("sheet.png")));
    }

    private static (int Width, int Height) Size(string path)
    {
        Imaging.ImageHeader header = new Imaging.ImageReader().ReadHeader(path);
        return (header.Width, header.Height);
    }

    private static void Kill(Process process, string log, string line)
    {
        WaitForLine(log, line);
        process.Kill();
        Cli.Finish(process, []);
    }

    private static void Signal(Process process, string signal) =>
        Process.Start("kill", ["-s", signal, process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();

    private static void WaitForLine(string log, string start)
    {
        var waiting = Stopwatch.StartNew();
        while (!Read(log).Contains($" {start}", StringComparison.Ordinal))
        {
            Assert.IsTrue(waiting.Elapsed < Patience, $"'{start}' has not come.");
            Thread.Yield();
        }
    }

    private static string Read(string path)
    {
        if (!File.Exists(path)) return "";
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
