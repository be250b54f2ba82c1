using System.Text.Json;
using ImageTrainer.Evaluation;

namespace ImageTrainer.Tests.Evaluation;

[TestClass]
public sealed class ClassificationReportTests
{
    // Figures worked out by hand have rounding of single precision in the scores only.
    private const double Tolerance = 1e-6;

    private static readonly string[] Labels = ["a", "b", "c", "d"];

    // Four images of a (three right), two of b (one right), one of c (wrong, said to be a), none of d.
    private static readonly float[] Scores =
    [
        0.7f, 0.1f, 0.1f, 0.1f,
        0.5f, 0.3f, 0.1f, 0.1f,
        0.4f, 0.3f, 0.2f, 0.1f,
        0.2f, 0.6f, 0.1f, 0.1f,
        0.1f, 0.8f, 0.1f, 0.0f,
        0.5f, 0.4f, 0.0f, 0.1f,
        0.9f, 0.1f, 0.0f, 0.0f,
    ];

    private static readonly int[] Truth = [0, 0, 0, 0, 1, 1, 2];

    [TestMethod]
    public void Compute_WorkedExample_GivesAccuracies()
    {
        var metrics = ClassificationReport.Compute(Scores, Truth, Labels);

        Assert.AreEqual(7, metrics.ImageCount);
        Assert.AreEqual(4 / 7.0, metrics.MicroAccuracy, Tolerance);
        Assert.AreEqual((3 / 4.0 + 1 / 2.0 + 0) / 3, metrics.MacroAccuracy, Tolerance);
    }

    [TestMethod]
    public void Compute_WorkedExample_GivesLogLossAndReduction()
    {
        double logLoss = -(Math.Log(0.7) + Math.Log(0.5) + Math.Log(0.4) + Math.Log(0.2) + Math.Log(0.8) + Math.Log(0.4) + Math.Log(1e-15)) / 7;
        double prior = -(4 / 7.0 * Math.Log(4 / 7.0) + 2 / 7.0 * Math.Log(2 / 7.0) + 1 / 7.0 * Math.Log(1 / 7.0));

        var metrics = ClassificationReport.Compute(Scores, Truth, Labels);

        Assert.AreEqual(logLoss, metrics.LogLoss, Tolerance);
        Assert.AreEqual((prior - logLoss) / prior, metrics.LogLossReduction, Tolerance);
    }

    [TestMethod]
    public void Compute_WorkedExample_GivesTopK()
    {
        var metrics = ClassificationReport.Compute(Scores, Truth, Labels);

        // Of image 6 the classes c and d have the same score, and c comes first: rank 3 of 4.
        double[] expected = [4 / 7.0, 6 / 7.0, 7 / 7.0, 7 / 7.0];
        CollectionAssert.AreEqual(expected, metrics.TopKAccuracyForAllK.ToArray());
        Assert.AreEqual(4, metrics.TopKPredictionCount);
        Assert.AreEqual(1.0, metrics.TopKAccuracy);
    }

    [TestMethod]
    public void Compute_WorkedExample_GivesClassesAndUndefinedAsNaN()
    {
        var metrics = ClassificationReport.Compute(Scores, Truth, Labels);

        ClassMetrics[] expected =
        [
            new("a", 4, 3 / 5.0, 3 / 4.0, 6 / 9.0),
            new("b", 2, 1 / 2.0, 1 / 2.0, 2 / 4.0),
            new("c", 1, double.NaN, 0, 0),
            new("d", 0, double.NaN, double.NaN, double.NaN),
        ];
        CollectionAssert.AreEqual(expected, metrics.PerClass.ToArray());
    }

    [TestMethod]
    public void Compute_WorkedExample_GivesCalibrationError()
    {
        double error = ClassificationReport.Compute(Scores, Truth, Labels).ExpectedCalibrationError;

        // Bins of 1/15: 0.7 right; 0.5 right and 0.5 wrong together; 0.4 right; 0.6 wrong; 0.8 right; 0.9 wrong.
        double gaps = (1 - 0.7) + Math.Abs(1 - 0.5 - 0.5) + (1 - 0.4) + 0.6 + (1 - 0.8) + 0.9;
        Assert.AreEqual(gaps / 7, error, Tolerance);
    }

    [TestMethod]
    public void Compute_WorkedExample_GivesConfusion()
    {
        var confusion = ClassificationReport.Compute(Scores, Truth, Labels).ConfusionMatrix;

        int[][] expected = [[3, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]];
        CollectionAssert.AreEqual(expected.SelectMany(row => row).ToArray(), confusion.Counts.SelectMany(row => row).ToArray());
        Assert.AreEqual(1, confusion[2, 0]);
        CollectionAssert.AreEqual(new Confusion[] { new("a", "b", 1), new("b", "a", 1) }, confusion.MostConfused(2).ToArray());
    }

    [TestMethod]
    [DataRow(36, 40, 0.7695, 0.9604, DisplayName = "36 of 40")]
    [DataRow(0, 10, 0.0, 0.2775, DisplayName = "none of 10")]
    [DataRow(10, 10, 0.7225, 1.0, DisplayName = "all of 10")]
    public void Compute_SomeRight_GivesWilsonsInterval(int correctCount, int imageCount, double lower, double upper)
    {
        float[] scores = [.. Enumerable.Range(0, imageCount).SelectMany(i => i < correctCount ? new[] { 1f, 0f } : [0f, 1f])];

        var metrics = ClassificationReport.Compute(scores, new int[imageCount], ["a", "b"]);

        Assert.AreEqual(lower, metrics.MicroAccuracyInterval.Lower, 5e-5);
        Assert.AreEqual(upper, metrics.MicroAccuracyInterval.Upper, 5e-5);
    }

    [TestMethod]
    public void Compute_PerfectAndCertain_GivesTheBestFigures()
    {
        var metrics = ClassificationReport.Compute([1f, 0f, 0f, 1f], [0, 1], ["a", "b"]);
        double error = metrics.ExpectedCalibrationError;

        Assert.AreEqual(1.0, metrics.MicroAccuracy);
        Assert.AreEqual(0.0, metrics.LogLoss);
        Assert.AreEqual(1.0, metrics.LogLossReduction);
        Assert.AreEqual(0.0, error);
    }

    [TestMethod]
    public void Compute_ImagesOfOneClassOnly_LeavesTheReductionUndefined()
    {
        var metrics = ClassificationReport.Compute([0.6f, 0.4f], [0], ["a", "b"]);

        Assert.AreEqual(double.NaN, metrics.LogLossReduction);
        Assert.AreEqual(1.0, metrics.MacroAccuracy);
    }

    [TestMethod]
    public void Compute_SevenClasses_CountsTopFive()
    {
        float[] scores = [0.3f, 0.2f, 0.15f, 0.1f, 0.1f, 0.1f, 0.05f];

        var metrics = ClassificationReport.Compute(scores, [5], ["a", "b", "c", "d", "e", "f", "g"]);

        Assert.AreEqual(5, metrics.TopKPredictionCount);
        Assert.AreEqual(0.0, metrics.TopKAccuracy);
    }

    [TestMethod]
    public void Compute_SizesThatDoNotAgree_AreRefused()
    {
        Assert.ThrowsExactly<ArgumentException>(() => ClassificationReport.Compute([0.5f, 0.5f, 1f], [0], ["a", "b"]));
        Assert.ThrowsExactly<ArgumentException>(() => ClassificationReport.Compute([], [], ["a", "b"]));
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => ClassificationReport.Compute([0.5f, 0.5f], [2], ["a", "b"]));
    }

    [TestMethod]
    [DataRow(float.NaN)]
    [DataRow(-0.1f)]
    [DataRow(3.2f)]
    public void Compute_ScoreThatIsNoProbability_IsRefused(float score)
    {
        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => ClassificationReport.Compute([1f, 0f, score, 0f], [0, 0], ["a", "b"]));

        StringAssert.StartsWith(exception.Message, "Image 1 has the score");
    }

    [TestMethod]
    public void Serialize_UndefinedFigures_AreNull()
    {
        var metrics = ClassificationReport.Compute(Scores, Truth, Labels);

        using var json = JsonDocument.Parse(JsonSerializer.Serialize(metrics, JsonSerializerOptions.Web));

        JsonElement root = json.RootElement;
        Assert.AreEqual(metrics.MicroAccuracy, root.GetProperty("microAccuracy").GetDouble());
        Assert.AreEqual(metrics.MicroAccuracyInterval.Lower, root.GetProperty("microAccuracyInterval").GetProperty("lower").GetDouble());
        Assert.AreEqual("{\"label\":\"d\",\"support\":0,\"precision\":null,\"recall\":null,\"f1\":null}", root.GetProperty("perClass")[3].GetRawText());
        Assert.AreEqual("[3,1,0,0]", root.GetProperty("confusionMatrix").GetProperty("counts")[0].GetRawText());
    }

    [TestMethod]
    public void ToString_WorkedExample_ReadsAsABlockWithTheWorstClassFirst()
    {
        string text = ClassificationReport.Compute(Scores, Truth, Labels).ToString();

        string expected = """
            Images                7
            Micro-accuracy        0.5714  (95 % interval 0.2505 to 0.8418)
            Macro-accuracy        0.4167
            Top-4 accuracy        1.0000
            Log-loss              5.6077
            Log-loss reduction    -4.8676
            Calibration error     0.3714

            Label  Support  Precision  Recall      F1
            c            1          -  0.0000  0.0000
            b            2     0.5000  0.5000  0.5000
            a            4     0.6000  0.7500  0.6667
            d            0          -       -       -
            """;
        Assert.AreEqual(expected.ReplaceLineEndings("\n"), text);
    }

    [TestMethod]
    public void WriteCsv_LabelsWithCommas_GivesATable()
    {
        using var folder = new TemporaryFolder();
        var metrics = ClassificationReport.Compute([0.9f, 0.1f, 0.8f, 0.2f], [0, 1], ["a, b", "c"]);

        metrics.ConfusionMatrix.WriteCsv(folder.Combine("confusion.csv"));

        Assert.AreEqual("actual,\"a, b\",c\n\"a, b\",1,0\nc,1,0\n", File.ReadAllText(folder.Combine("confusion.csv")));
    }
}
