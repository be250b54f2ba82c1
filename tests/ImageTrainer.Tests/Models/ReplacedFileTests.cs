using System.Net.Sockets;
using ImageTrainer.Files;

namespace ImageTrainer.Tests.Models;

[TestClass]
public sealed class ReplacedFileTests
{
    [TestMethod]
    [DataRow("old")]
    [DataRow("")]
    [DataRow(null)]
    public void Copy_ByALink_ReplacesWhatItLeadsTo(string? content)
    {
        using var folder = new TemporaryFolder();
        string source = folder.Write("source", "new");
        if (content is not null) folder.Write("target", content);
        File.CreateSymbolicLink(folder.Combine("link"), "target");

        ReplacedFile.Copy(source, folder.Combine("link"));

        Assert.AreEqual("target", new FileInfo(folder.Combine("link")).LinkTarget);
        Assert.AreEqual("new", File.ReadAllText(folder.Combine("target")));
        Assert.HasCount(3, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void Write_NoRegularFile_IsRefusedAndKept()
    {
        using var folder = new TemporaryFolder();
        using (var makePipe = System.Diagnostics.Process.Start("mkfifo", [folder.Combine("pipe")])) makePipe.WaitForExit();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.Combine("socket")));
        File.CreateSymbolicLink(folder.Combine("link"), "pipe");
        // Only root can make a device.
        using (var makeDevice = System.Diagnostics.Process.Start("/bin/sh", ["-c", $"mknod '{folder.Combine("null")}' c 1 3 2> /dev/null"]))
            makeDevice.WaitForExit();
        string[] names = [.. Directory.GetFiles(folder.Path).Select(path => Path.GetFileName(path))];

        foreach (string name in names)
        {
            var failed = Assert.ThrowsExactly<IOException>(() => ReplacedFile.Write(folder.Combine(name), _ => { }));
            string kind = name switch { "socket" => "a socket", "null" => "a device", _ => "a pipe" };
            Assert.AreEqual($"'{folder.Combine(name)}' is {kind}, and no file can take its place.", failed.Message);
        }

        CollectionAssert.IsSubsetOf(new[] { "pipe", "socket", "link" }, names);
        Assert.HasCount(names.Length, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void Write_Fails_LeavesTheFileAndNamesIt()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("file", "old");

        var failed = Assert.ThrowsExactly<IOException>(() =>
            ReplacedFile.Write(path, stream => throw new IOException($"No space left on device : '{((FileStream)stream).Name}'")));

        Assert.AreEqual($"No space left on device : '{path}'", failed.Message);
        Assert.AreEqual("old", File.ReadAllText(path));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }
}
