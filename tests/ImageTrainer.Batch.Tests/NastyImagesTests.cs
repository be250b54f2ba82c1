namespace ImageTrainer.Tests;

/// <summary>Images meant to break decoders, among 500 photos.</summary>
[TestClass]
public sealed class NastyImagesTests
{
    [TestMethod]
    [TestCategory("Slow")]
    [TestCategory(TestData.Category)]
    public void Score_NastyImagesAmongPhotos_GivesEachOneRowAndPredictsTheGoodOnesAlike()
    {
        string[] folders = [TestData.Path("nasty"), TestData.Path("flower_photos")];
        using var bench = new ScoringBench(1);
        bench.WriteModel();

        (int exitCode, string error) = ScoreProcess.Run(bench.Folder, ["model.zip", .. folders, "--output", "scores.csv"]);
        (int limitedCode, string limited) = ScoreProcess.Run(
            bench.Folder, ["model.zip", .. folders, "--output", "limited.csv", "--max-errors", "10"]);

        string[] paths = [.. folders.SelectMany(folder => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))];
        using ImagePredictionEngine engine = ScoringBench.LoadEngine();
        string[] expected = [.. engine.PredictBatch(paths).Select(Describe)];
        Assert.AreEqual(5, exitCode, error);
        CollectionAssert.AreEqual(expected, bench.Lines("scores.csv").Skip(1).Select(line => line[..line.LastIndexOf(',')]).ToArray());
        Assert.AreEqual(expected.Count(row => row.Contains(",,,", StringComparison.Ordinal)), bench.Lines("scores.csv.errors.csv").Length - 1);
        Assert.AreEqual(4, limitedCode, limited);
        StringAssert.Contains(limited, "could not be read, and --max-errors is 10");
    }

    private static string Describe(ImagePredictionResult result) => result.Prediction is { } prediction
        ? $"{Quote(result.Path)},{prediction.PredictedLabel},{prediction.Probability.ToString(System.Globalization.CultureInfo.InvariantCulture)},"
        : $"{Quote(result.Path)},,,{Quote(result.Error!.Reason)}";

    private static string Quote(string field) => field.AsSpan().ContainsAny(",\";") ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
}
