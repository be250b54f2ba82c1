using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using ImageTrainer.Models;
using ImageTrainer.Training;
using ImageTrainer.Training.Augmentation;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Training.FineTuning;

[TestClass]
public sealed class FineTuningOptionsTests
{
    private static readonly PropertyInfo[] Numbers =
        [.. typeof(FineTuningOptions).GetProperties().Where(property => property.PropertyType == typeof(double) || property.PropertyType == typeof(double?))];

    [TestMethod]
    [DataRow(-0.4)]
    [DataRow(double.NaN)]
    [DataRow(double.PositiveInfinity)]
    public void Create_NumberOutOfRange_IsRefusedByName(double value)
    {
        Assert.HasCount(11, Numbers);
        foreach (PropertyInfo number in Numbers)
        {
            var options = new FineTuningOptions();
            number.SetValue(options, value);

            string message = Refusal(options);

            StringAssert.StartsWith(message, $"FineTuning: The field {number.Name} must be ");
        }
    }

    [TestMethod]
    public void Create_NumberOutOfRange_SaysTheRangeAlikeInEveryCulture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        german.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = german;
        try
        {
            Assert.AreEqual("FineTuning: The field LearningRate must be above 0.", Refusal(new() { LearningRate = 0 }));
            Assert.AreEqual("FineTuning: The field Interpolation must be above 0 and at most 1.", Refusal(new() { Interpolation = 0 }));
            Assert.AreEqual("FineTuning: The field Mixup must be 0 or more and at most 0.99.", Refusal(new() { Mixup = 0.995 }));
            Assert.AreEqual("FineTuning: The field WeightDecay must be 0 or more and at most 1000.", Refusal(new() { WeightDecay = 1e10 }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [TestMethod]
    [DataRow("")]
    [DataRow(" ")]
    public void Create_BlankCheckpointFolder_IsRefused(string folder) =>
        Assert.AreEqual("FineTuning: The field CheckpointFolder must not be blank.", Refusal(new() { CheckpointFolder = folder }));

    [TestMethod]
    public void Create_NumbersAtTheEndsOfTheirRanges_AreTaken()
    {
        using var bench = new TrainingBench();
        var options = new FineTuningOptions { LearningRate = double.Epsilon, Interpolation = 1, WeightDecay = 0, L1 = 1000, ValidationFraction = 0.9, TimeBudget = TimeSpan.Zero };

        _ = new ImageClassificationTrainer(bench.Options with { FineTuning = options });
    }

    [TestMethod]
    [DataRow(nameof(FineTuningOptions.LearningRate), "0.005", "0.001")]
    [DataRow(nameof(FineTuningOptions.HeadRateFactor), "0.3", "1")]
    [DataRow(nameof(FineTuningOptions.Interpolation), "0.5", "1")]
    public void Prompt_OfAnOptionLeftOut_SaysWhatIsUsedThen(string property, string usual, string otherwise)
    {
        string prompt = typeof(FineTuningOptions).GetProperty(property)!.GetCustomAttribute<DisplayAttribute>()!.Prompt!;
        var plain = new FineTuningOptions();
        var other = new FineTuningOptions { Optimizer = Optimizer.Sgd, BatchNorm = BatchNormMode.Train };

        StringAssert.StartsWith(prompt, $"{usual}, with ");
        StringAssert.EndsWith(prompt, $" {otherwise}");
        Assert.AreEqual((usual, otherwise), (Used(plain), Used(other)));

        string Used(FineTuningOptions options) => (property switch
        {
            nameof(FineTuningOptions.LearningRate) => options.EffectiveLearningRate,
            nameof(FineTuningOptions.HeadRateFactor) => options.EffectiveHeadRateFactor,
            _ => options.EffectiveInterpolation,
        }).ToString(CultureInfo.InvariantCulture);
    }

    [TestMethod]
    public void ToRecord_EveryOptionThatTheManifestNames_IsInIt()
    {
        var options = new FineTuningOptions
        {
            EpochCount = 3,
            Augmentation = AugmentationPreset.Strong,
            Mixup = 0.2,
            Optimizer = Optimizer.Sgd,
            Interpolation = 0.7,
            WeightDecay = 1e-3,
            L1 = 0.1,
            Dropout = 0.3,
            LabelSmoothing = 0.05,
            ClipNorm = 2,
            BatchNorm = BatchNormMode.Train,
        };
        var epoch = new FineTuningEpoch(0, 1, 0.5, 0.5, 0.5, 0.001, 10, IsBest: false);
        var result = new FineTuningResult(FineTuneStages.Stage4, epoch, [epoch with { Number = 1 }], 1, FineTuningEnding.Completed, 40, 10);

        FineTuningRecord record = result.ToRecord(options);

        PropertyInfo[] named =
        [
            .. typeof(FineTuningRecord).GetProperties().Where(property => typeof(FineTuningOptions).GetProperty(property.Name) is not null
                && property.Name is not (nameof(FineTuningRecord.Stages) or nameof(FineTuningRecord.LearningRate))),
        ];
        Assert.HasCount(11, named);
        foreach (PropertyInfo property in named)
        {
            object? asked = typeof(FineTuningOptions).GetProperty(property.Name)!.GetValue(options);
            Assert.AreEqual(asked is Enum ? asked.ToString()!.ToLowerInvariant() : asked, property.GetValue(record), property.Name);
        }
    }

    private static string Refusal(FineTuningOptions options)
    {
        using var bench = new TrainingBench();
        return Assert.ThrowsExactly<ArgumentException>(() => new ImageClassificationTrainer(bench.Options with { FineTuning = options })).Message;
    }
}
