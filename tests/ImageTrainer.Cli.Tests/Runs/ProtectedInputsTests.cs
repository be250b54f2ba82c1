using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Tests.Runs;

[TestClass]
public sealed class ProtectedInputsTests
{
    [TestMethod]
    [DataRow("data")]
    [DataRow("data/")]
    [DataRow("data/new/deeper")]
    [DataRow("other/../data/x")]
    [DataRow("link/x")]
    [DataRow("other/chain/x")]
    public void RequireOutside_InsideTheInput_Throws(string path)
    {
        using TemporaryFolder folder = NewFolder();
        var inputs = new ProtectedInputs(folder.Combine("data"), null);

        UsageException exception = Assert.ThrowsExactly<UsageException>(() => inputs.RequireOutside(folder.Combine(path), "--run-dir"));

        StringAssert.EndsWith(exception.Message, "name another place with --run-dir.");
    }

    [TestMethod]
    [DataRow("data2")]
    [DataRow("..data")]
    [DataRow("other/data")]
    [DataRow("new/deeper")]
    public void RequireOutside_Beside_Passes(string path)
    {
        using TemporaryFolder folder = NewFolder();
        var inputs = new ProtectedInputs(folder.Combine("data"), folder.Combine("missing"));

        inputs.RequireOutside(folder.Combine(path), "--run-dir");

        Assert.IsFalse(Path.Exists(folder.Combine(path)));
    }

    [TestMethod]
    public void RequireOutside_InputBehindALink_KnowsItsRealFolder()
    {
        using TemporaryFolder folder = NewFolder();
        var inputs = new ProtectedInputs(folder.Combine("link"));

        Assert.ThrowsExactly<UsageException>(() => inputs.RequireOutside(folder.Combine("data", "x"), "--output"));
    }

    [TestMethod]
    public void RequireOutside_LinksInACircle_Throws()
    {
        using TemporaryFolder folder = NewFolder();
        File.CreateSymbolicLink(folder.Combine("one"), folder.Combine("two"));
        File.CreateSymbolicLink(folder.Combine("two"), folder.Combine("one"));
        var inputs = new ProtectedInputs(folder.Combine("data"));

        Assert.ThrowsExactly<UsageException>(() => inputs.RequireOutside(folder.Combine("one"), "--output"));
    }

    private static TemporaryFolder NewFolder()
    {
        var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.Combine("data"));
        Directory.CreateDirectory(folder.Combine("other"));
        Directory.CreateSymbolicLink(folder.Combine("link"), "data");
        Directory.CreateSymbolicLink(folder.Combine("other", "chain"), Path.Combine("..", "link"));
        return folder;
    }
}
