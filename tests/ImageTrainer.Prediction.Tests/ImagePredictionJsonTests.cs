using System.Text.Json;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests;

[TestClass]
public class ImagePredictionJsonTests
{
    [TestMethod]
    public void Serialize_Prediction_GivesLabelProbabilityAndScores()
    {
        using ImagePredictionEngine engine = TinyModel.Load();
        ImagePrediction prediction = engine.Predict(Drawings.Draw("disc", 1).EncodePng());

        JsonElement json = JsonSerializer.SerializeToElement(prediction, JsonSerializerOptions.Web);

        CollectionAssert.AreEqual(
            new[] { "predictedLabel", "probability", "predictedIndex", "scores" }, json.EnumerateObject().Select(property => property.Name).ToArray());
        Assert.AreEqual(prediction.PredictedLabel, json.GetProperty("predictedLabel").GetString());
        Assert.AreEqual(prediction.Probability, json.GetProperty("probability").GetSingle());
        CollectionAssert.AreEqual(
            prediction.Score.ToArray(), json.GetProperty("scores").EnumerateArray().Select(score => score.GetSingle()).ToArray());
    }

    [TestMethod]
    public void Serialize_Batch_GivesPredictionsAndErrorMessages()
    {
        using var folder = new TemporaryFolder();
        using ImagePredictionEngine engine = TinyModel.Load();
        string image = folder.Write("1.png", Drawings.Draw("disc", 1).EncodePng());
        IReadOnlyList<ImagePredictionResult> results = engine.PredictBatch([image, folder.Combine("missing.png")]);

        JsonElement json = JsonSerializer.SerializeToElement(results, JsonSerializerOptions.Web);

        Assert.AreEqual(results[0].Prediction!.PredictedLabel, json[0].GetProperty("prediction").GetProperty("predictedLabel").GetString());
        Assert.AreEqual(JsonValueKind.Null, json[0].GetProperty("errorMessage").ValueKind);
        Assert.AreEqual(JsonValueKind.Null, json[1].GetProperty("prediction").ValueKind);
        Assert.AreEqual(results[1].Error!.Message, json[1].GetProperty("errorMessage").GetString());
    }
}
