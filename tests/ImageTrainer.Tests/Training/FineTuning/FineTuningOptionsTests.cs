using System.Globalization;
using System.Reflection;
using ImageTrainer.Training;
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

    private static string Refusal(FineTuningOptions options)
    {
        using var bench = new TrainingBench();
        return Assert.ThrowsExactly<ArgumentException>(() => new ImageClassificationTrainer(bench.Options with { FineTuning = options })).Message;
    }
}
