namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class TerminalTests
{
    [TestMethod]
    public void Train_OnATerminal_LeavesOnlyWhatItSaid()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        if (!File.Exists("/usr/bin/script")) Assert.Inconclusive("There is no `script` to make a terminal.");

        CliResult result = Cli.RunShell(
            folder.Path, "script -qec 'stty cols 80 rows 200; \"$IT\" train photos --image-size 128 --run-dir run' /dev/null </dev/null");

        string screen = string.Join('\n', TerminalScreen.Show(result.Output));
        string[] words =
        [
            "Data: 24 images", "Held out for", "Device: cpu", "Backbone resnet10-tiny", "Weights: ", "Featurizing: 18/18", "Head: ",
            "Measuring: 6/6", "╭", "Run folder: run", "Try it: ",
        ];
        int[] positions = [.. words.Select(word => screen.IndexOf(word, StringComparison.Ordinal))];
        Assert.AreEqual(0, result.ExitCode, screen);
        StringAssert.Contains(result.Output, "\u001b[?25h");
        Assert.IsTrue(positions.All(position => position >= 0), screen);
        CollectionAssert.AreEqual(positions.Order().ToArray(), positions, screen);
        Assert.IsFalse(screen.Contains('━') || screen.Contains("Fitting", StringComparison.Ordinal), screen);
        Assert.IsFalse(screen.Contains("\n\n\n", StringComparison.Ordinal), screen);
    }
}
