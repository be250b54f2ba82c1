using System.Text.Json;
using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class TrainVerbTests
{
    private static readonly string[] RunFiles =
    [
        "args.json", "bad_files.csv", "confusion.csv", "history.csv", "log.txt", "metrics.json", "model.zip", "predictions.csv",
        "splits.csv",
    ];

    [TestMethod]
    public void Train_Folder_TellsWhatItFoundAndDid()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("my photos"));

        CliResult result = Cli.Run(folder.Path, "train", "my photos", "--image-size", "64");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, $"Data: 24 images in 3 classes: across 8, down 8, {Photos.AwkwardLabel} 8.");
        StringAssert.Contains(result.Error, "Held out for measuring: 6 images (seed 1); 18 to learn from.");
        StringAssert.Contains(result.Error, "Device: cpu (");
        StringAssert.Contains(result.Error, "Backbone resnet10-tiny, found in a folder of IMAGETRAINER_BACKBONES: ");
        StringAssert.Matches(result.Error, new Regex(@"Featurizing: 18/18 images, [\d.]+ s \([\d.]+/s\)"));
        StringAssert.Matches(result.Error, new Regex(@"Head: L2 [\d.]+, the best of \d+ strengths by cross-validation"));
        StringAssert.Matches(result.Output, new Regex(@"\| micro-accuracy +\| +[01]\.\d{4} \|"));
        StringAssert.Matches(result.Output, new Regex(@"\|   95 % interval +\| 0\.\d{4} to [01]\.\d{4} \|"));
        StringAssert.Contains(result.Output, "| top-2 accuracy");
        StringAssert.Contains(result.Output, "Class (worst first)");
        Assert.IsFalse(result.Output.Contains('\u001b') || result.Error.Contains('\u001b'));
    }

    [TestMethod]
    public void Train_Folder_WritesTheWholeRunFolderAndNothingIntoTheData()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        string[] before = Directory.GetFileSystemEntries(folder.Combine("photos"), "*", SearchOption.AllDirectories);

        Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--class-weights", "balanced");

        string run = Directory.GetDirectories(folder.Combine("runs")).Single();
        StringAssert.Matches(Path.GetFileName(run), new Regex(@"^photos-\d{8}-\d{6}$"));
        CollectionAssert.AreEqual(RunFiles, Directory.GetFiles(run).Select(Path.GetFileName).Order(StringComparer.Ordinal).ToArray());
        CollectionAssert.AreEqual(before, Directory.GetFileSystemEntries(folder.Combine("photos"), "*", SearchOption.AllDirectories));
        StringAssert.Contains(File.ReadAllText(Path.Combine(run, "args.json")), "\"classWeights\": \"balanced\"");
        StringAssert.EndsWith(File.ReadAllText(Path.Combine(run, "log.txt")), $"Exit code 0.{Environment.NewLine}");
        Assert.AreEqual(7, File.ReadAllLines(Path.Combine(run, "predictions.csv")).Length);
    }

    [TestMethod]
    public void Train_PrintedPredictCommand_WorksWhenPasted()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("my photos"), count: 4, seed: 1, "it's", "横");
        CliResult trained = Cli.Run(folder.Path, "train", "my photos", "--image-size", "32", "--run-dir", "my run");
        string command = Regex.Match(trained.Error, "^Try it: (.*)$", RegexOptions.Multiline).Groups[1].Value;

        CliResult predicted = Cli.RunShell(folder.Path, command);

        Assert.AreEqual(0, predicted.ExitCode, predicted.Error);
        StringAssert.Matches(predicted.Output, new Regex(@"^my photos/(it's|横)/\d\d\.png: (it's|横) \([\d.]+ %\)\n$"));
    }

    [TestMethod]
    public void Train_Json_PrintsTheContentOfMetricsJson()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        CliResult result = Cli.Run(
            folder.Path, "train", "photos", "--image-size", "64", "--run-dir", "run", "--output", "out/best.zip", "--json");

        JsonElement metrics = JsonDocument.Parse(result.Output).RootElement;
        Assert.AreEqual(File.ReadAllText(folder.Combine("run", "metrics.json")), result.Output.ReplaceLineEndings("\n"));
        Assert.AreEqual("out/best.zip", metrics.GetProperty("model").GetString());
        Assert.AreEqual("resnet10-tiny", metrics.GetProperty("backbone").GetString());
        Assert.AreEqual("cpu", metrics.GetProperty("device").GetString());
        Assert.AreEqual("fp32", metrics.GetProperty("precision").GetString());
        Assert.AreEqual(6, metrics.GetProperty("imageCount").GetInt32());
        Assert.AreEqual(18, metrics.GetProperty("trainImageCount").GetInt32());
        Assert.AreEqual(0, metrics.GetProperty("badImageCount").GetInt32());
        Assert.AreEqual(Photos.AwkwardLabel, metrics.GetProperty("labels")[2].GetString());
        Assert.AreEqual("across", metrics.GetProperty("perClass")[0].GetProperty("label").GetString());
        string[] numbers = ["microAccuracy", "macroAccuracy", "logLoss", "expectedCalibrationError", "seconds", "imagesPerSecond"];
        foreach (string name in numbers)
            Assert.AreEqual(JsonValueKind.Number, metrics.GetProperty(name).ValueKind, name);
        foreach (string name in (string[])["support", "precision", "recall", "f1"])
            Assert.IsTrue(metrics.GetProperty("perClass")[0].TryGetProperty(name, out _), name);
        byte[] model = File.ReadAllBytes(folder.Combine("run", "model.zip"));
        CollectionAssert.AreEqual(model, File.ReadAllBytes(folder.Combine("out", "best.zip")));
    }

    [TestMethod]
    public void Train_Int8_SaysWhatItCostsAndKeepsItPerLayer()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "64", "--run-dir", "run", "--precision", "int8");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Matches(result.Error, new Regex(@"^Precision: int8 \(asked for; [\d.]+% of \d+ images get the label they get in fp32, ", RegexOptions.Multiline));
        StringAssert.Contains(File.ReadAllText(folder.Combine("run", "args.json")), "\"precision\": \"int8\"");
        StringAssert.Contains(File.ReadAllText(folder.Combine("run", "metrics.json")), "\"precision\": \"int8\"");
        string[] layers = File.ReadAllLines(folder.Combine("run", "quantization.csv"));
        Assert.AreEqual("layer,precision,weightError,inputError,outputError", layers[0]);
        StringAssert.StartsWith(layers[1], "stem.conv,int8,0.0");
        Assert.HasCount(13, layers);
    }

    [TestMethod]
    public void Train_SplitsOfAnEarlierRun_GivesTheSameModel()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "a", "--test-fraction", "0.4");

        CliResult again = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "b", "--splits", "a/splits.csv");

        Assert.AreEqual(0, again.ExitCode, again.Error);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.Combine("a", "model.zip")), File.ReadAllBytes(folder.Combine("b", "model.zip")));
        Assert.AreEqual(File.ReadAllText(folder.Combine("a", "splits.csv")), File.ReadAllText(folder.Combine("b", "splits.csv")));
    }

    [TestMethod]
    public void Train_SplitsOfARunWithOtherFolders_TakesTheirImagesFromThere()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        Photos.WriteFolder(folder.Combine("held out"), count: 2, seed: 2);
        Photos.WriteFolder(folder.Combine("check"), count: 3, seed: 3);
        string[] run = ["train", "photos", "--test", "held out", "--validation", "check", "--image-size", "32"];
        CliResult first = Cli.Run(folder.Path, [.. run, "--run-dir", "a", "--json"]);

        CliResult again = Cli.Run(folder.Path, [.. run, "--run-dir", "b", "--splits", "a/splits.csv"]);
        CliResult without = Cli.Run(folder.Path, "train", "photos", "--splits", "a/splits.csv");

        Assert.AreEqual(6, JsonDocument.Parse(first.Output).RootElement.GetProperty("imageCount").GetInt32());
        Assert.AreEqual(24, JsonDocument.Parse(first.Output).RootElement.GetProperty("trainImageCount").GetInt32());
        Assert.AreEqual(0, again.ExitCode, again.Error);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.Combine("a", "model.zip")), File.ReadAllBytes(folder.Combine("b", "model.zip")));
        Assert.AreEqual(2, without.ExitCode);
        StringAssert.Contains(without.Error, "'a/splits.csv' assigns no image of this data set to test.");
    }

    [TestMethod]
    public void Train_DividedFolders_MeasuresOnTheTestPart()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("set", "train"), count: 6);
        Photos.WriteFolder(folder.Combine("set", "validation"), count: 2, seed: 2);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 3, seed: 3);

        CliResult result = Cli.Run(folder.Path, "train", "set", "--image-size", "32", "--json");
        CliResult divided = Cli.Run(folder.Path, "train", "set", "--test-fraction", "0.5");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual(9, JsonDocument.Parse(result.Output).RootElement.GetProperty("imageCount").GetInt32());
        Assert.AreEqual(18, JsonDocument.Parse(result.Output).RootElement.GetProperty("trainImageCount").GetInt32());
        Assert.AreEqual(2, divided.ExitCode);
        StringAssert.Contains(divided.Error, "--test-fraction cannot be used here");
    }

    [TestMethod]
    public void Train_List_KeepsLabelsAsTheyAre()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("pictures"), count: 5, seed: 1, "a", "b");
        IEnumerable<string> rows = Enumerable.Range(0, 5)
            .SelectMany(i => new[] { $"pictures/a/0{i}.png,\" x, y\"", $"pictures/b/0{i}.png,蓝色" });
        folder.Write("list.csv", string.Join("\r\n", ["\uFEFFpath,label", .. rows]));

        CliResult result = Cli.Run(folder.Path, "train", "list.csv", "--image-size", "32", "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        JsonElement labels = JsonDocument.Parse(result.Output).RootElement.GetProperty("labels");
        CollectionAssert.AreEqual(new[] { " x, y", "蓝色" }, labels.EnumerateArray().Select(label => label.GetString()).ToArray());
        StringAssert.StartsWith(Path.GetFileName(Directory.GetDirectories(folder.Combine("runs")).Single()), "list-");
    }

    [TestMethod]
    public void Train_WorseThanAskedFor_Ends4AndKeepsTheModel()
    {
        using var folder = new TemporaryFolder();
        // Nothing tells these two classes apart.
        Photos.WriteFolder(folder.Combine("photos", "a"), count: 8, seed: 1, "x");
        Photos.WriteFolder(folder.Combine("photos", "b"), count: 8, seed: 2, "x");

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "run", "--min-accuracy", "1");

        Assert.AreEqual(4, result.ExitCode, result.Error);
        StringAssert.Matches(result.Error, new Regex(@"Micro-accuracy 0\.\d{4,8} is below --min-accuracy 1\."));
        StringAssert.Contains(File.ReadAllText(folder.Combine("run", "log.txt")), "is below --min-accuracy 1.");
        Assert.IsTrue(File.Exists(folder.Combine("run", "model.zip")));
    }

    [TestMethod]
    public void Train_BadFiles_AreListedWithPathAndReason()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        byte[] picture = File.ReadAllBytes(folder.Combine("photos", "down", "00.png"));
        folder.Write("photos/down/cut.png", picture.AsSpan(0, picture.Length / 2));
        folder.Write("photos/down/notes.jpg", "no picture");
        File.Move(folder.Combine("photos", "down", "01.png"), folder.Combine("photos", "down", "without extension"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "run");

        string[] bad = File.ReadAllLines(folder.Combine("run", "bad_files.csv"));
        Assert.AreEqual(5, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "down 9");
        StringAssert.Contains(result.Error, "Left out: 1 file: down/notes.jpg (it is no image).");
        StringAssert.Contains(result.Error, "1 file cannot be read and was left out; all are in run/bad_files.csv:");
        StringAssert.Matches(result.Error, new Regex("^  down/cut.png: .+", RegexOptions.Multiline));
        Assert.AreEqual("path,kind,reason", bad[0]);
        StringAssert.StartsWith(bad[1], "down/cut.png,unreadable,");
        Assert.AreEqual("down/notes.jpg,ignored,it is no image", bad[2]);
    }

    [TestMethod]
    public void Train_UnbalancedClasses_SuggestsWeights()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 9, seed: 1, "many");
        Photos.WriteFolder(folder.Combine("photos"), count: 3, seed: 2, "few");

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "32");

        StringAssert.Contains(result.Error, "Imbalance: 'many' has 3.5 times the images of 'few'; consider --class-weights balanced.");
    }

    [TestMethod]
    [DataRow("nowhere", "There is no folder and no list")]
    [DataRow("empty", "has no images")]
    [DataRow("one", "has images of one class only, 'only'")]
    [DataRow("photo.png", "is a png image, no data set")]
    public void Train_UnusableData_Ends3AndLeavesNoFolder(string dataset, string message)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Combine("empty"));
        Photos.WriteFolder(folder.Combine("one"), count: 2, seed: 1, "only");
        File.Copy(folder.Combine("one", "only", "00.png"), folder.Combine("photo.png"));

        CliResult result = Cli.Run(folder.Path, "train", dataset);

        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, message);
        Assert.IsFalse(Directory.Exists(folder.Combine("runs")));
    }

    [TestMethod]
    public void Train_FailsBeforeAnyWork_LeavesNoFolder()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--run-dir", "run", "--backbone", "resnet51");

        Assert.AreEqual(3, result.ExitCode, result.Error);
        Assert.IsFalse(Directory.Exists(folder.Combine("run")));
    }

    [TestMethod]
    public void Train_UnknownBackboneInAFolderThatWasThere_IsInTheLogToo()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        Directory.CreateDirectory(folder.Combine("run"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--run-dir", "run", "--backbone", "resnet51");

        string log = File.ReadAllText(folder.Combine("run", "log.txt"));
        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "There is no backbone and no file 'resnet51'.");
        StringAssert.Contains(log, "There is no backbone and no file 'resnet51'.");
        StringAssert.Contains(log, "Data: 6 images in 3 classes");
        StringAssert.EndsWith(log, $"Exit code 3.{Environment.NewLine}");
    }
}
