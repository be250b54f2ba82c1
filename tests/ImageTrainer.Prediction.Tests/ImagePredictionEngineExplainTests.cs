using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Networks;

namespace ImageTrainer.Tests;

/// <summary>Where in an image a label's score comes from.</summary>
[TestClass]
public class ImagePredictionEngineExplainTests
{
    private static readonly ImagePredictionEngineOptions Explaining = new() { CanExplain = true };

    [TestMethod]
    public void Explain_EveryLabel_AddsUpToTheProbabilities()
    {
        using ImagePredictionEngine engine = TinyModel.Load(Explaining);
        byte[] image = Drawings.Draw("stripes", 2).EncodePng();

        ImageExplanation[] explanations = [.. engine.Labels.Select(label => engine.Explain(image, label))];

        double[] logits = [.. explanations.Select(explanation => explanation.Evidence.Average() + explanation.Bias)];
        double sum = logits.Sum(Math.Exp);
        for (int k = 0; k < logits.Length; k++) Assert.AreEqual(explanations[0].Prediction.Score[k], Math.Exp(logits[k]) / sum, 1e-5);
        CollectionAssert.AreEqual(engine.Labels.ToArray(), explanations.Select(explanation => explanation.Label).ToArray());
        Assert.AreEqual((2, 2, 4), (explanations[0].Width, explanations[0].Height, explanations[0].Evidence.Count));
    }

    [TestMethod]
    public void Explain_NoLabel_ExplainsTheOneThatIsPredicted()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("disc.png", Drawings.Draw("disc", 1).EncodePng());
        using ImagePredictionEngine engine = TinyModel.Load(Explaining);
        using ImagePredictionEngine plain = TinyModel.Load();

        ImageExplanation explanation = engine.Explain(path);

        Assert.AreEqual(plain.Predict(path).PredictedLabel, explanation.Label);
        CollectionAssert.AreEqual(plain.Predict(path).Scores.ToArray(), explanation.Prediction.Scores.ToArray());
        CollectionAssert.AreEqual(plain.Predict(path).Scores.ToArray(), engine.Predict(path).Scores.ToArray());
    }

    [TestMethod]
    public void Draw_Map_IsRedWhereItSpeaksForTheLabelAndBlueWhereItSpeaksAgainst()
    {
        var grey = new RgbImage(8, 4, [.. Enumerable.Repeat((byte)128, 96)]);
        var explanation = new ImageExplanation(new ImagePrediction([1], ["a"]), "a", (2, 1), [4, -2], grey);

        RgbImage drawn = explanation.Draw();

        (byte Red, byte Green, byte Blue) At(int x) => (drawn.Pixels[3 * x], drawn.Pixels[(3 * x) + 1], drawn.Pixels[(3 * x) + 2]);
        Assert.AreEqual((8, 4), (drawn.Width, drawn.Height));
        Assert.AreEqual(((byte)211, (byte)84, (byte)45), At(0));
        Assert.AreEqual(((byte)86, (byte)116, (byte)169), At(7));
        Assert.AreEqual((byte)128, grey.Pixels.Max());
    }

    [TestMethod]
    public void Draw_NoEvidence_IsTheViewInGrey()
    {
        var view = new RgbImage(2, 1, [10, 10, 10, 200, 100, 0]);

        RgbImage drawn = new ImageExplanation(new ImagePrediction([1], ["a"]), "a", (1, 1), [0], view).Draw();

        CollectionAssert.AreEqual(new byte[] { 10, 10, 10, 119, 119, 119 }, drawn.Pixels);
    }

    [TestMethod]
    public void Explain_EngineThatWasNotToExplain_SaysHowToLoadOne()
    {
        using ImagePredictionEngine engine = TinyModel.Load();

        InvalidOperationException exception = Assert.ThrowsExactly<InvalidOperationException>(() => engine.Explain(Drawings.Draw("disc", 1).EncodePng()));

        Assert.AreEqual("This engine keeps no feature map: load it with ImagePredictionEngineOptions.CanExplain.", exception.Message);
    }

    [TestMethod]
    public void Explain_LabelOfAnotherModel_IsRefused()
    {
        using ImagePredictionEngine engine = TinyModel.Load(Explaining);

        ArgumentException exception = Assert.ThrowsExactly<ArgumentException>(() => engine.Explain(Drawings.Draw("disc", 1).EncodePng(), "ellipse"));

        Assert.Contains("no label 'ellipse'", exception.Message);
    }

    [TestMethod]
    public void Explain_FeaturesThatAreNoMean_IsRefusedAndStillPredicts()
    {
        var graph = new GraphBuilder("flat");
        GraphTensor pixels = graph.Input(TensorNames.Pixels, new TensorShape("N", 3, 4, 4));
        GraphTensor features = graph.Node(TensorNames.Features).Flatten(pixels);
        new LinearLayer(new float[2 * 48], new float[2]).AddScoresTo(graph, features, temperature: 1);
        graph.Output(features);
        byte[] zip = TinyModel.Pack(
            TinyModel.Manifest(["a", "b"], 4) with { Network = new ImageTrainer.Models.NetworkRecord(48, "fp32", 1) }, OnnxModel.Write(graph.Build()));
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(new MemoryStream(zip), Explaining);
        byte[] image = Drawings.Draw("disc", 1).EncodePng();

        NotSupportedException exception = Assert.ThrowsExactly<NotSupportedException>(() => engine.Explain(image));

        Assert.Contains("not the mean of a feature map", exception.Message);
        Assert.AreEqual(0.5f, engine.Predict(image).Probability);
    }

    [TestMethod]
    public void Explain_UnreadableImage_IsThePredictionsError()
    {
        using ImagePredictionEngine engine = TinyModel.Load(Explaining);

        Assert.ThrowsExactly<ImageDecodeException>(() => engine.Explain(new byte[] { 1, 2, 3 }));
    }
}
