using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ImageTrainer.Tests.Verbs;

/// <summary>What <c>score --progress-file</c> leaves for supervisors.</summary>
[TestClass]
public sealed class ScoreProgressTests
{
    [TestMethod]
    [DataRow("folder", "'folder' is a folder; name a file with --progress-file.")]
    [DataRow("photo.png/progress.json", "'photo.png/progress.json' cannot be written to (")]
    [DataRow("photo.png", "'photo.png' exists and is not a progress file; name another file with --progress-file.")]
    [DataRow("photo", "'photo.tmp' exists and is not a progress file; name another file with --progress-file.")]
    public void Score_ProgressFileThatCannotBe_IsRefusedAndNothingWritten(string progress, string message)
    {
        using TemporaryFolder folder = NewFolder();
        Directory.CreateDirectory(folder.Combine("folder"));
        folder.Write("photo.png", "{}");
        folder.Write("photo.tmp", "no progress");
        string[] before = Directory.GetFileSystemEntries(folder.Path);

        CliResult result = Cli.Run(folder.Path, "score", "model.zip", "photos", "--output", "scores.csv", "--progress-file", progress);

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Error, message);
        Assert.AreEqual("{}", File.ReadAllText(folder.Combine("photo.png")));
        CollectionAssert.AreEquivalent(before, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Score_ProgressFileOfAnEarlierJob_IsReplaced()
    {
        using TemporaryFolder folder = NewFolder();
        string[] job = ["score", "model.zip", "photos", "--progress-file", "progress.json", "--output"];
        folder.Write("progress.json", "");

        CliResult first = Cli.Run(folder.Path, [.. job, "one.csv"]);
        CliResult second = Cli.Run(folder.Path, [.. job, "two.csv"]);

        Assert.AreEqual((0, 0), (first.ExitCode, second.ExitCode), first.Error + second.Error);
        StringAssert.StartsWith(File.ReadAllText(folder.Combine("progress.json")), "{\"state\":\"Finished\"");
    }

    [TestMethod]
    [Timeout(120_000)]
    public void Score_LeftBehindWhenCancelled_EndsTheProgressFile()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("There is no kill.");
        using TemporaryFolder folder = NewFolder();
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        string address = $"postgres://someone@127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}/images?timeout=100";
        Process process = Cli.Start(folder.Path, "score", "model.zip", "photos", "--output", address, "--progress-file", "progress.json");
        using Socket connection = silent.AcceptSocket();

        RunningRun.Signal(process, "TERM");
        CliResult result = Cli.Finish(process, []);

        string progress = File.ReadAllText(folder.Combine("progress.json"));
        Assert.AreEqual(130, result.ExitCode, result.Error);
        StringAssert.StartsWith(progress, "{\"state\":\"Cancelled\"");
        StringAssert.Contains(progress, "\"exitCode\":130");
    }

    private static TemporaryFolder NewFolder()
    {
        var folder = new TemporaryFolder();
        folder.Write("model.zip", TinyModel.Zip);
        Photos.WriteFolder(folder.Combine("photos"), count: 2);
        return folder;
    }
}
