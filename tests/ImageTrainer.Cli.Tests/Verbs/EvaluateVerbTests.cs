using System.Text.Json;
using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class EvaluateVerbTests
{
    [TestMethod]
    public void Evaluate_Folder_PrintsTables()
    {
        CliResult result = Cli.Run(TrainedModel.Folder, "evaluate", TrainedModel.Model, "photos");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "Data: 24 images in 3 classes");
        StringAssert.Matches(result.Error, new Regex(@"Measuring: 24/24 images, [\d.]+ s"));
        StringAssert.Matches(result.Output, new Regex(@"\| images +\| +24 \|"));
        StringAssert.Contains(result.Output, Photos.AwkwardLabel);
    }

    [TestMethod]
    public void Evaluate_OneClass_Works()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 3, seed: 5, "across");

        CliResult result = Cli.Run(folder.Path, "evaluate", TrainedModel.Model, "photos", "--json");

        JsonElement metrics = JsonDocument.Parse(result.Output).RootElement;
        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual(3, metrics.GetProperty("imageCount").GetInt32());
        Assert.AreEqual(JsonValueKind.Null, metrics.GetProperty("logLossReduction").ValueKind);
        Assert.AreEqual(JsonValueKind.Null, metrics.GetProperty("perClass")[1].GetProperty("recall").ValueKind);
        Assert.AreEqual(TrainedModel.Model, metrics.GetProperty("model").GetString());
        Assert.AreEqual("resnet10-tiny", metrics.GetProperty("backbone").GetString());
    }

    [TestMethod]
    public void Evaluate_WrongLabels_FailsTheGate()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 3, seed: 5, "down", "across");

        CliResult result = Cli.Run(folder.Path, "evaluate", TrainedModel.Model, "photos", "--min-accuracy", "0.5");

        Assert.AreEqual(4, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "Commonest mistakes");
    }

    [TestMethod]
    public void Evaluate_PhotoUnderTwoLabels_IsToldForNoModelCanBeRight()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 2, seed: 5, "down", "across");
        File.Copy(folder.Combine("photos", "down", "00.png"), folder.Combine("photos", "across", "copy.png"));

        CliResult result = Cli.Run(folder.Path, "evaluate", TrainedModel.Model, "photos", "--min-accuracy", "0.99999");

        StringAssert.Contains(result.Error, "WARNING: the same photo has two labels: across/copy.png (across), down/00.png (down).");
        StringAssert.Contains(result.Error, "is below --min-accuracy 0.99999.");
    }

    [TestMethod]
    public void Evaluate_UnknownLabel_NamesIt()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 1, seed: 5, "slanted");

        CliResult result = Cli.Run(folder.Path, "evaluate", TrainedModel.Model, "photos");

        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "The model does not know 'slanted'");
    }

    [TestMethod]
    public void Evaluate_BadFiles_AreListedAndLeftOut()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 3, seed: 5, "across");
        byte[] picture = File.ReadAllBytes(folder.Combine("photos", "across", "00.png"));
        folder.Write("photos/across/cut.png", picture.AsSpan(0, picture.Length / 2));
        folder.Write("photos/across/notes.txt", "no picture");

        CliResult result = Cli.Run(folder.Path, "evaluate", TrainedModel.Model, "photos", "--json");

        Assert.AreEqual(5, result.ExitCode, result.Error);
        Assert.AreEqual(3, JsonDocument.Parse(result.Output).RootElement.GetProperty("imageCount").GetInt32());
        Assert.AreEqual(1, JsonDocument.Parse(result.Output).RootElement.GetProperty("badImageCount").GetInt32());
        StringAssert.Contains(result.Error, "Left out: 1 file: across/notes.txt (it is no image).");
        StringAssert.Matches(result.Error, new Regex("^  across/cut.png: .+", RegexOptions.Multiline));
    }

    [TestMethod]
    public void Evaluate_DividedFolders_TakesTheTestPart()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("set", "train"), count: 3);
        Photos.WriteFolder(folder.Combine("set", "test"), count: 2, seed: 2);

        CliResult result = Cli.Run(folder.Path, "evaluate", TrainedModel.Model, "set", "--json");

        Assert.AreEqual(6, JsonDocument.Parse(result.Output).RootElement.GetProperty("imageCount").GetInt32());
        StringAssert.Contains(result.Error, "These are the test part of the data set.");
    }
}
