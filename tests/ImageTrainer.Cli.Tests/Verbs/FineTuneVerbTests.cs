using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class FineTuneVerbTests
{
    private static readonly string[] Training =
    [
        "train", "photos", "--image-size", "64", "--fine-tune", "stage4", "--augment", "light", "--batch-size", "4", "--epochs", "6",
        "--patience", "6", "--optimizer", "sgd", "--learning-rate", "0.0005", "--run-dir", "run",
    ];

    [TestMethod]
    [DataRow("fp32")]
    [DataRow("int8")]
    public void Train_FineTuned_EvaluatesToTheLastDigitAsMeasuredAndTellsTheComparison(string precision)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Photos.WriteFolder(folder.Combine("others"), seed: 2);

        CliResult trained = Cli.Run(folder.Path, [.. Training, "--test", "others", "--precision", precision]);
        CliResult evaluated = Cli.Run(folder.Path, "evaluate", "run/model.zip", "others", "--json");

        Assert.AreEqual(0, trained.ExitCode, trained.Error);
        StringAssert.Contains(trained.Error, $"Precision: {precision} (asked for");
        using var metrics = JsonDocument.Parse(File.ReadAllText(folder.Combine("run", "metrics.json")));
        using var again = JsonDocument.Parse(evaluated.Output);
        foreach (string name in new[] { "microAccuracy", "logLoss", "expectedCalibrationError" })
            Assert.AreEqual(metrics.RootElement.GetProperty(name).GetDouble(), again.RootElement.GetProperty(name).GetDouble(), name);
        Assert.AreEqual("stage4", metrics.RootElement.GetProperty("fineTuning").GetProperty("stages").GetString());
        StringAssert.Contains(trained.Error, "Frozen network: validation loss");
        bool isBetter = metrics.RootElement.GetProperty("fineTuning").GetProperty("bestEpoch").GetInt32() > 0;
        string head = isBetter
            ? @"^Head: trained with the network from one fitted on the frozen network with L2 [\d.]+; temperature [\d.]+\.$"
            : @"^Head: L2 [\d.]+, the best of \d+ strengths by cross-validation \(held-out log-loss [\d.]+, accuracy [\d.]+\); temperature [\d.]+\.$";
        StringAssert.Matches(trained.Error, new Regex(head, RegexOptions.Multiline));
        Assert.HasCount(7, ValidatedEpochs(folder.Combine("run", "history.csv")));
        Assert.IsFalse(Directory.Exists(folder.Combine("run", "checkpoint")));
    }

    [TestMethod]
    public void Train_InterruptedInEpochThree_Ends130AndLeavesAModelThatPredicts()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Process process = Cli.Start(folder.Path, [.. Training.Select(argument => argument == "6" ? "1000" : argument)]);
        RunningRun.WaitForLine(folder.Combine("run", "log.txt"), "Epoch 2/");

        RunningRun.Signal(process, "INT");
        CliResult cancelled = Cli.Finish(process, []);
        CliResult predicted = Cli.Run(folder.Path, "predict", "run/model.zip", "photos/across/00.png");

        Assert.AreEqual(130, cancelled.ExitCode, cancelled.Error);
        StringAssert.Contains(cancelled.Error, "model.zip holds ");
        StringAssert.Contains(cancelled.Error, "--resume run");
        Assert.AreEqual(0, predicted.ExitCode, predicted.Error);
    }

    [TestMethod]
    public void Train_KilledAtTenRandomMomentsAndResumed_GivesTheBytesOfTheWholeRun()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using var folder = new TemporaryFolder();
        CopySurfaces(folder.Combine("photos"), 14);
        string[] training =
        [
            "train", "photos", "--image-size", "64", "--fine-tune", "stage4", "--augment", "light", "--optimizer", "sgd", "--learning-rate", "0.003", "--epochs", "20",
            "--patience", "20", "--run-dir", "run",
        ];
        var watch = Stopwatch.StartNew();
        CliResult whole = Cli.Run(folder.Path, training);
        TimeSpan wholeTime = watch.Elapsed;
        (byte[] Model, string[] Losses) expected = Outcome(folder);
        Directory.Delete(folder.Combine("run"), recursive: true);

        var random = new Random(5);
        int killCount = 0;
        for (int attempt = 0; attempt < 10; attempt++)
        {
            Process process = Cli.Start(folder.Path, Go(folder, training));
            // On a machine that has become faster meanwhile, a run must not get to its end before the tenth kill.
            // The last of them comes during the second training, on all images.
            string latest = attempt < 9 ? $" Epoch {1 + (attempt * 3 / 2)}/20" : "once more";
            var running = Stopwatch.StartNew();
            TimeSpan moment = attempt < 9 ? wholeTime * random.NextDouble() / 4 : RunningRun.Patience;
            while (running.Elapsed < moment && !RunningRun.Read(folder.Combine("run", "log.txt")).Contains(latest, StringComparison.Ordinal)) Thread.Sleep(5);
            if (attempt == 9) Thread.Sleep(random.Next(1000));
            if (process.HasExited) break;
            process.Kill();
            Cli.Finish(process, []);
            killCount++;
            Console.WriteLine(RunningRun.LastLine(folder.Combine("run", "log.txt")));
        }

        CliResult resumed = Cli.Run(folder.Path, Go(folder, training));

        Assert.AreEqual(0, whole.ExitCode, whole.Error);
        StringAssert.Contains(whole.Error, "the model has epoch ", "No epoch was better than the frozen network: there is nothing to compare.");
        Assert.AreEqual(10, killCount);
        Assert.AreEqual(0, resumed.ExitCode, resumed.Error);
        StringAssert.Contains(resumed.Error, "Going on after epoch ");
        CollectionAssert.AreEqual(expected.Losses, Outcome(folder).Losses);
        CollectionAssert.AreEqual(expected.Model, Outcome(folder).Model);
        AssertManifestTells(folder.Combine("run", "model.zip"), whole.Error, folder.Combine("run", "history.csv"));
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
    [DataRow("--augment", "light", "--augment is an option of fine-tuning; add --fine-tune")]
    [DataRow("--fine-tune", "stage9", "--fine-tune takes stage4, stage3 or all, and 'stage9' is none of them.")]
    [DataRow("--resume", "nowhere", "leave 'photos' out")]
    [DataRow("--time-budget", "", "--time-budget takes a time of up to 27,777 hours, such as 90s, 10m or 2h, and '' is not.")]
    [DataRow("--time-budget", "90000h", "--time-budget takes a time of up to 27,777 hours, such as 90s, 10m or 2h, and '90000h' is not.")]
    [DataRow("--epochs", "20000", "--epochs takes a whole number from 1 to 10,000, and '20000' is not.")]
    [DataRow("--batch-size", "5000", "--batch-size takes a whole number from 1 to 4096, and '5000' is not.")]
    [DataRow("--weight-decay", "1001", "--weight-decay takes a number from 0 to 1000, and '1001' is not.")]
    public void Train_OptionsThatMakeNoSense_EndInUsage(string option, string value, string complaint)
    {
        using var folder = new TemporaryFolder();

        CliResult result = Cli.Run(folder.Path, "train", "photos", option, value);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, complaint);
    }

    private static void AssertManifestTells(string model, string log, string history)
    {
        using var engine = ImagePredictionEngine.Load(model);
        using var manifest = JsonDocument.Parse(engine.Manifest.ToJson());
        JsonElement record = manifest.RootElement.GetProperty("fineTuning");
        StringAssert.Contains(log, $"the model has epoch {record.GetProperty("epoch").GetInt32()} ");
        StringAssert.Contains(log, $"on all {record.GetProperty("imageCount").GetInt32()} images");
        Assert.AreEqual(("stage4", "light", 0.003), (record.GetProperty("stages").GetString(), record.GetProperty("augmentation").GetString(), record.GetProperty("learningRate").GetDouble()));
        double[] losses = [.. ValidatedEpochs(history).Select(loss => double.Parse(loss, CultureInfo.InvariantCulture))];
        Assert.AreEqual(losses[0], record.GetProperty("frozenValidationLoss").GetDouble());
        Assert.AreEqual(losses[record.GetProperty("epoch").GetInt32()], record.GetProperty("validationLoss").GetDouble());
        Assert.AreEqual(losses[1..].Min(), record.GetProperty("validationLoss").GetDouble());
    }

    // Killed before it has written what --resume needs, a run is begun anew.
    private static string[] Go(TemporaryFolder folder, string[] training) =>
        File.Exists(folder.Combine("run", "args.json")) ? ["train", "--resume", "run"] : training;

    // The model has the best epoch's weights; the losses of the epochs after it, to the last digit, tell of all the others.
    private static (byte[] Model, string[] Losses) Outcome(TemporaryFolder folder)
    {
        string[][] rows = [.. File.ReadAllLines(folder.Combine("run", "history.csv")).Select(line => line.Split(','))];
        int[] columns = [.. rows[0].Index().Where(column => column.Item.Contains("oss", StringComparison.Ordinal)).Select(column => column.Index)];
        return (File.ReadAllBytes(folder.Combine("run", "model.zip")), [.. rows.Select(row => string.Join(' ', columns.Select(column => row[column])))]);
    }

    private static string[] ValidatedEpochs(string history)
    {
        string[][] rows = [.. File.ReadAllLines(history).Select(line => line.Split(','))];
        int column = Array.IndexOf(rows[0], "validationLoss");
        return [.. rows.Skip(1).Where(row => row[column].Length > 0).Select(row => row[column])];
    }

    private static void CopySurfaces(string target, int countPerClass)
    {
        foreach (string source in Directory.GetDirectories(Path.Combine(RepositoryFolder(), "datasets", "surface-defects")))
        {
            string folder = Directory.CreateDirectory(Path.Combine(target, Path.GetFileName(source))).FullName;
            foreach (string photo in Directory.GetFiles(source).Order(StringComparer.Ordinal).Take(countPerClass))
                File.Copy(photo, Path.Combine(folder, Path.GetFileName(photo)));
        }
    }

    private static string RepositoryFolder()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ImageTrainer.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
