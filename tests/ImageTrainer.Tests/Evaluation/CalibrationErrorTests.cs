using ImageTrainer.Evaluation;

namespace ImageTrainer.Tests.Evaluation;

[TestClass]
public sealed class CalibrationErrorTests
{
    [TestMethod]
    public void Expected_TwoImagesInOneBin_AveragesBeforeComparing()
    {
        // Both lie in (0.8, 0.8667]: half is right, the mean confidence is 0.83.
        double error = CalibrationError.Expected([0.81f, 0.85f], [true, false]);

        Assert.AreEqual(0.83 - 0.5, error, 1e-6);
    }

    [TestMethod]
    public void Expected_ConfidencesZeroAndOne_HaveABin()
    {
        double error = CalibrationError.Expected([0f, 1f, 1f], [false, true, false]);

        Assert.AreEqual(1 / 3.0, error, 1e-9);
    }

    [TestMethod]
    public void Expected_NoImages_IsZero()
    {
        double error = CalibrationError.Expected([], []);

        Assert.AreEqual(0.0, error);
    }
}
