using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Tests.Terminal;

[TestClass]
public sealed class RunLogTests
{
    [TestMethod]
    public void KeepIn_AfterSomeLines_WritesThemFirst()
    {
        using var folder = new TemporaryFolder();
        var console = new StringWriter { NewLine = "\n" };
        using (var log = new RunLog(console, new ManualClock()))
        {
            log.Say("before");
            log.Keep();
            log.Say("early");
            log.KeepIn(folder.Combine("log.txt"));
            log.Say("late");
            log.Record("aside");
        }

        string[] lines = File.ReadAllLines(folder.Combine("log.txt"));

        CollectionAssert.AreEqual(new[] { "1970-01-01T00:00:00Z early", "1970-01-01T00:00:00Z late", "1970-01-01T00:00:00Z aside" }, lines);
        Assert.AreEqual("before\nearly\nlate\n", console.ToString());
    }

    [TestMethod]
    public void Say_FullDisk_SaysSoOnceAndGoesOn()
    {
        if (!File.Exists("/dev/full")) Assert.Inconclusive("There is no device that is always full.");
        var console = new StringWriter { NewLine = "\n" };
        using var log = new RunLog(console, new ManualClock());
        log.Keep();
        log.KeepIn("/dev/full");

        log.Say("first");
        log.Say("second");

        Assert.AreEqual("first\nThe log.txt cannot be written any more; is the disk full?\nsecond\n", console.ToString());
    }

    [TestMethod]
    public void ShowThrough_SomethingOnTheTerminal_GetsTheLines()
    {
        var console = new StringWriter { NewLine = "\n" };
        var shown = new List<string>();
        using var log = new RunLog(console, new ManualClock());

        log.ShowThrough(shown.Add);
        log.Say("above the bar");
        log.ShowThrough(null);
        log.Say("after it");

        Assert.AreEqual("above the bar", shown.Single());
        Assert.AreEqual("after it\n", console.ToString());
    }
}
