using System.Text.Json;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Training.Augmentation;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Runs;

[TestClass]
public sealed class TrainArgumentsTests
{
    [TestMethod]
    public void FineTune_WrittenAndRead_IsTheSame()
    {
        var options = new FineTuningOptions
        {
            Stages = FineTuneStages.All,
            BatchNorm = BatchNormMode.Train,
            EpochCount = 3,
            Augmentation = AugmentationPreset.Strong,
            Mixup = 0.2,
            BatchSize = 7,
            Optimizer = Optimizer.Sgd,
            LearningRate = 0.003,
            HeadRateFactor = 0.4,
            StageRateFactor = 0.6,
            Interpolation = 0.7,
            WeightDecay = 1e-3,
            L1 = 0.1,
            Dropout = 0.3,
            LabelSmoothing = 0.05,
            ClipNorm = null,
            Patience = 2,
            ValidationFraction = 0.3,
            TimeBudget = TimeSpan.FromMinutes(90),
        };

        string json = JsonSerializer.Serialize(Arguments(options), RunJson.Default.TrainArguments);

        StringAssert.Contains(json, "\"optimizer\": \"sgd\"");
        Assert.AreEqual(options, Read(json).FineTune);
    }

    [TestMethod]
    public void FineTune_FieldsThatAreNotThere_HaveTheirDefaults() =>
        Assert.AreEqual(new FineTuningOptions { Stages = FineTuneStages.Stage3 }, Read(Json("""{"stages": "stage3", "epochCount": null}""")).FineTune);

    [TestMethod]
    [DataRow("""{"epochCount": "many"}""")]
    [DataRow("""{"stages": "stage9"}""")]
    [DataRow("""{"timeBudget": "soon"}""")]
    public void ReadArguments_FieldOfAnotherKind_SaysThatTheFileIsDamaged(string fineTune)
    {
        using var folder = new TemporaryFolder();
        folder.Write("args.json", Json(fineTune));

        UsageException exception = Assert.ThrowsExactly<UsageException>(() => ResumedRun.ReadArguments(folder.Path, dataset: null, timeBudget: null));

        StringAssert.StartsWith(exception.Message, $"'{folder.Combine("args.json")}' is damaged: ");
    }

    private static TrainArguments Arguments(FineTuningOptions options) => new() { Dataset = "d", Backbone = "auto", Device = "cpu", FineTune = options };

    private static string Json(string fineTune) => $$"""{"dataset": "d", "backbone": "auto", "device": "cpu", "fineTune": {{fineTune}}}""";

    private static TrainArguments Read(string json) => JsonSerializer.Deserialize(json, RunJson.Default.TrainArguments)!;
}
