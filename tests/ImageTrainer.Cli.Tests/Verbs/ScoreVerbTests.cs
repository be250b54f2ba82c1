using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public class ScoreVerbTests
{
    private static readonly byte[] List = Encoding.UTF8.GetBytes("photos/across/00.png\nphotos/down/01.png\n");

    [TestMethod]
    public void Score_StandardInputAgain_ChangesNothing()
    {
        using TemporaryFolder folder = NewFolder();
        string[] job = ["score", "model.zip", "-", "--output", "scores.csv", "--resume"];

        CliResult first = Cli.RunWithInput(folder.Path, List, job);
        CliResult again = Cli.RunWithInput(folder.Path, List, job);

        Assert.AreEqual(0, first.ExitCode, first.Error);
        Assert.AreEqual(0, again.ExitCode, again.Error);
        StringAssert.Contains(again.Error, "2 images, 0 unreadable, 2 of them from earlier runs");
    }

    [TestMethod]
    public void Score_WhatIsToldOfAListOrAFolder_IsNoFailure()
    {
        using TemporaryFolder folder = NewFolder();
        string photos = Photos.WriteFolder(folder.Combine("photos"), count: 1, seed: 1, "across", "down");
        File.WriteAllText(folder.Combine("list.csv"), "photos/across/00.png,across\nphotos/down/00.png,down\n");
        File.Copy(Path.Combine(photos, "down", "00.png"), folder.Write("photos/@eaDir/thumb.png", ""), overwrite: true);

        CliResult list = Cli.Run(folder.Path, "score", "model.zip", "list.csv", "--output", "list.out.csv");
        CliResult scored = Cli.Run(folder.Path, "score", "model.zip", "photos", "--output", "photos.csv");

        Assert.AreEqual((0, 0), (list.ExitCode, scored.ExitCode), list.Error + scored.Error);
        StringAssert.Contains(list.Error, "does not name its columns; column 1 is read as path");
        StringAssert.Contains(scored.Error, "Passed over in 'photos': @eaDir");
    }

    [TestMethod]
    public void Score_FaultOfTheProgram_EndsTheProgressFile()
    {
        using TemporaryFolder folder = NewFolder();
        string sum = Convert.ToHexStringLower(SHA256.HashData("{}"u8))[..8];
        folder.Write("scores.csv.journal", $"{sum}{{}}\n");

        CliResult result = Cli.Run(folder.Path, "score", "model.zip", "photos", "--output", "scores.csv", "--resume", "--progress-file", "progress.json");

        string progress = File.ReadAllText(folder.Combine("progress.json"));
        Assert.AreEqual(1, result.ExitCode, result.Error);
        StringAssert.Contains(progress, "\"state\":\"Failed\"");
        StringAssert.Contains(progress, "\"exitCode\":1");
    }

    [TestMethod]
    [DataRow("photos --output photos/scores.csv", "'photos/scores.csv' lies inside the data set 'photos'")]
    [DataRow(". --output scores.csv", "'scores.csv' lies inside the data set '.'")]
    [DataRow("link --output photos/scores.csv", "'photos/scores.csv' lies inside the data set 'link'")]
    [DataRow("photos --output scores.csv --progress-file photos/progress.json", "name another place with --progress-file")]
    [DataRow("photos/** --output photos/scores.csv", "'photos/scores.csv' matches a pattern of the images to score")]
    [DataRow("*.csv --output scores", "'scores.errors.csv' matches a pattern of the images to score")]
    [DataRow("scores.csv.errors.csv --output scores.csv", "'scores.csv.errors.csv' is an input of this command and would be overwritten")]
    [DataRow("photos --output scores.csv --progress-file scores.csv", "'scores.csv' is one of the files that --output 'scores.csv' writes")]
    [DataRow("photos --output scores.csv --progress-file ./scores.csv.journal", "is one of the files that --output 'scores.csv' writes")]
    [DataRow("photos --output scores.csv --progress-file model.zip", "'model.zip' is an input of this command and would be overwritten")]
    [DataRow("scores.csv.errors.csv --output s.csv --progress-file scores.csv.errors.csv", "would be overwritten; name another place with --progress-file")]
    public void Score_FilesThatAreReadOrWrittenOtherwise_IsRefused(string arguments, string message)
    {
        using TemporaryFolder folder = NewFolder();
        folder.Write("scores.csv.errors.csv", "path,reason\nphotos/down/00.png,unknown\n");
        Directory.CreateSymbolicLink(folder.Combine("link"), folder.Combine("photos"));
        string[] before = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);

        CliResult result = Cli.Run(folder.Path, ["score", "model.zip", .. arguments.Split(' ')]);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, message);
        CollectionAssert.AreEquivalent(before, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void Score_OutputBesideWhatAPatternMatches_IsWritten()
    {
        using TemporaryFolder folder = NewFolder();

        CliResult result = Cli.Run(folder.Path, "score", "model.zip", "photos/**/*.png", "--output", "photos/scores.csv");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual(7, File.ReadAllLines(folder.Combine("photos", "scores.csv")).Length);
    }

    [TestMethod]
    public void Score_ModelIsReplacedMeanwhile_NamesTheOneThatScored()
    {
        const int RunCount = 8;
        using TemporaryFolder folder = NewFolder();
        byte[] other = TinyModel.Pack(TinyModel.Manifest(["one", "two", "three", "four"], TinyModel.ImageSize), TinyModel.Network);
        Dictionary<string, IReadOnlyList<string>> labels = new()
        {
            [Sha256(TinyModel.Zip)] = TinyModel.Labels,
            [Sha256(other)] = ["one", "two", "three", "four"],
        };
        using var stop = new CancellationTokenSource();
        Task replacing = Task.Run(() => Replace(folder, [TinyModel.Zip, other], stop.Token));

        string[][] rows = [.. Enumerable.Range(0, RunCount).Select(run => ScoreOne(folder, $"{run}.csv"))];
        stop.Cancel();
        replacing.Wait();

        foreach (string[] row in rows) CollectionAssert.Contains(labels[row[^1]].ToArray(), row[1]);
    }

    private static string[] ScoreOne(TemporaryFolder folder, string output)
    {
        CliResult result = Cli.Run(folder.Path, "score", "model.zip", "photos/down/00.png", "--output", output);
        Assert.AreEqual(0, result.ExitCode, result.Error);
        return File.ReadAllLines(folder.Combine(output))[1].Split(',');
    }

    private static void Replace(TemporaryFolder folder, byte[][] models, CancellationToken stop)
    {
        for (int i = 0; !stop.IsCancellationRequested; i++)
            File.Move(folder.Write("new.zip", models[i % models.Length]), folder.Combine("model.zip"), overwrite: true);
    }

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static TemporaryFolder NewFolder()
    {
        var folder = new TemporaryFolder();
        folder.Write("model.zip", TinyModel.Zip);
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        return folder;
    }
}
