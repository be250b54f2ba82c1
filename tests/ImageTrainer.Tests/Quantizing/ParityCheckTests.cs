using ImageTrainer.Featurizing;
using ImageTrainer.Models;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class ParityCheckTests
{
    [TestMethod]
    public void Compare_TwoClasses_CountsLabelsAndCosines()
    {
        // Features are the logits: the larger one is the label.
        var fp32 = new FeatureMatrix([1, 0, 1, 0, 0, 1, 0, 1], rowCount: 4, columnCount: 2);
        var int8 = new FeatureMatrix([1, 0, 0, 1, 0, 1, 0, 1], rowCount: 4, columnCount: 2);

        ParityRecord parity = ParityCheck.Compare(int8, fp32, features => features.Values.ToArray(), [0, 0, 1, 0]);

        Assert.AreEqual(new ParityRecord(4, LabelAgreement: 0.75, Int8Accuracy: 0.5, Fp32Accuracy: 0.75, FeatureCosine: 0.75), parity);
    }

    [TestMethod]
    public void Compare_ImagesWithoutAnyFeature_AreAlikeWhereBothNetworksGiveNone()
    {
        var fp32 = new FeatureMatrix([0, 0, 0, 0], rowCount: 2, columnCount: 2);
        var int8 = new FeatureMatrix([0, 0, 1, 0], rowCount: 2, columnCount: 2);

        ParityRecord parity = ParityCheck.Compare(int8, fp32, features => features.Values.ToArray(), [0, 0]);

        Assert.AreEqual(0.5, parity.FeatureCosine);
    }

    [TestMethod]
    [DataRow(128, 1.0, 0.9, 0.9, true)]
    [DataRow(128, 0.96, 0.9, 0.9, false)]
    [DataRow(128, 0.9766, 0.8906, 0.9, true)]
    [DataRow(10_000, 0.98, 0.894, 0.9, false)]
    [DataRow(10_000, 0.98, 0.8951, 0.9, true)]
    [DataRow(24, 23 / 24.0, 23 / 24.0, 1.0, false)]
    public void Holds_Records_GoesByAgreementAndLossOfAccuracy(int count, double agreement, double accuracy, double reference, bool expected)
    {
        Assert.AreEqual(expected, ParityCheck.Holds(new ParityRecord(count, agreement, accuracy, reference, 0.999)));
    }

    [TestMethod]
    [DataRow(17, 14, 128, true)]
    [DataRow(17, 13, 128, false)]
    [DataRow(34, 33, 34, true)]
    [DataRow(33, 32, 33, false)]
    [DataRow(128, 125, 128, true)]
    public void CanStillHold_ThreeInAHundredMayDiffer(int count, int same, int most, bool expected)
    {
        Assert.AreEqual(expected, ParityCheck.CanStillHold(new ParityRecord(count, (double)same / count, 0.9, 0.9, 0.999), most));
    }

    [TestMethod]
    public void Holds_SameLabelsFromOtherFeatures_DoesNot()
    {
        Assert.IsFalse(ParityCheck.Holds(new ParityRecord(17, 1, 1, 1, FeatureCosine: 0.9)));
    }
}
