namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class TrainFoldersTests
{
    [TestMethod]
    [DataRow("--run-dir", "photos/run")]
    [DataRow("--run-dir", "link/run")]
    [DataRow("--run-dir", "photos")]
    [DataRow("--run-dir", "tests/run")]
    [DataRow("--output", "photos/model.zip")]
    [DataRow("--output", "link/across/model.zip")]
    [DataRow("--output", "dangling.zip")]
    public void Train_WouldWriteIntoTheData_IsRefused(string option, string path)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        Photos.WriteFolder(folder.Combine("tests"), count: 1, seed: 2);
        Directory.CreateSymbolicLink(folder.Combine("link"), folder.Combine("photos"));
        File.CreateSymbolicLink(folder.Combine("dangling.zip"), Path.Combine("photos", "new.zip"));

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--test", "tests", option, path);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Error, $"'{path}' ");
        StringAssert.Contains(result.Error, $"name another place with {option}.");
        Assert.AreEqual(6, Directory.GetFiles(folder.Combine("photos"), "*", SearchOption.AllDirectories).Length);
        Assert.AreEqual(3, Directory.GetFileSystemEntries(folder.Combine("photos")).Length);
    }

    [TestMethod]
    public void Train_PhotosInFormatsThatAreNotRead_AreUnreadableImagesAndNotLeftOutInSilence()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 4);
        folder.Write("photos/across/layers.psd", [.. "8BPS\0\u0001 and more of it"u8]);
        folder.Write("photos/phone/one.heic", [0, 0, 0, 0x18, .. "ftypheic\0\0\0\0mif1heic"u8]);
        folder.Write("photos/down/notes.txt", [.. "no image"u8]);

        CliResult train = Cli.Run(folder.Path, "train", "photos", "--image-size", "64", "--run-dir", "run");
        CliResult evaluate = Cli.Run(folder.Path, "evaluate", "run/model.zip", "photos");
        CliResult predict = Cli.Run(folder.Path, "predict", "run/model.zip", "photos/across");

        Assert.AreEqual((5, 5, 5), (train.ExitCode, evaluate.ExitCode, predict.ExitCode), train.Error + evaluate.Error + predict.Error);
        foreach (CliResult result in new[] { train, evaluate })
        {
            StringAssert.Contains(result.Error, "WARNING: 'phone' in ");
            StringAssert.Contains(result.Error, "2 files cannot be read and were left out");
            StringAssert.Contains(result.Error, "across/layers.psd: it is a Photoshop document, which is not read; convert it to JPEG or PNG");
            StringAssert.Contains(result.Error, "Left out: 1 file: down/notes.txt (it is no image).");
        }

        StringAssert.Contains(predict.Error, "layers.psd': it is a Photoshop document");
    }

    [TestMethod]
    public void Train_OutputOverTheList_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string list = folder.Write("list.csv", "path,label\n");

        CliResult result = Cli.Run(folder.Path, "train", "list.csv", "--output", "./list.csv");

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "would be overwritten");
        Assert.AreEqual("path,label\n", File.ReadAllText(list));
    }

    [TestMethod]
    [DataRow("--run-dir", "a file/run", "The run folder 'a file/run' cannot be written to")]
    [DataRow("--output", "a file/model.zip", "The folder of 'a file/model.zip' cannot be written to")]
    [DataRow("--output", "photos/..", "--output 'photos/..' is a folder; name a file")]
    public void Train_PlaceThatCannotBeWritten_IsRefusedBeforeTheWork(string option, string path, string message)
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        folder.Write("a file", "x");

        CliResult result = Cli.Run(folder.Path, "train", "photos", option, path);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, message);
        Assert.IsFalse(result.Error.Contains("Device:", StringComparison.Ordinal));
    }

    [TestMethod]
    public void Train_CheckpointsCannotBeWritten_IsRefusedBeforeTheWork()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        Directory.CreateDirectory(folder.Combine("run"));
        File.WriteAllText(folder.Combine("run", "checkpoint"), "x");

        CliResult result = Cli.Run(folder.Path, "train", "photos", "--fine-tune", "stage4", "--run-dir", "run");

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, $"The folder '{Path.Combine("run", "checkpoint")}' cannot be written to (");
        Assert.IsFalse(result.Error.Contains("Device:", StringComparison.Ordinal));
    }

    [TestMethod]
    public void Train_FolderOfAnEarlierRun_IsReplacedAndSaidSo()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 4);
        Cli.Run(folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "run");
        byte[] model = File.ReadAllBytes(folder.Combine("run", "model.zip"));

        CliResult failed = Cli.Run(folder.Path, "train", "photos", "--run-dir", "run", "--backbone", "nosuch");
        bool hasMetrics = File.Exists(folder.Combine("run", "metrics.json"));
        byte[] kept = File.ReadAllBytes(folder.Combine("run", "model.zip"));
        CliResult again = Cli.Run(
            folder.Path, "train", "photos", "--image-size", "32", "--run-dir", "run", "--output", "run/model.zip", "--seed", "2");

        StringAssert.Contains(failed.Error, "'run' holds an earlier run: its tables are removed now, and its model.zip is replaced when");
        Assert.IsFalse(hasMetrics);
        CollectionAssert.AreEqual(model, kept);
        Assert.AreEqual(0, again.ExitCode, again.Error);
        CollectionAssert.AreNotEqual(model, File.ReadAllBytes(folder.Combine("run", "model.zip")));
    }
}
