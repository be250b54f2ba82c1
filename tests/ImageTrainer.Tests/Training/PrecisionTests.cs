using System.Globalization;
using Google.Protobuf;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using ImageTrainer.Tests.Quantizing;
using ImageTrainer.Training;

namespace ImageTrainer.Tests.Training;

[TestClass]
public sealed class PrecisionTests
{
    private const int CountPerKind = 16;

    [TestMethod]
    public void Fit_Auto_TakesInt8AndKeepsTheComparison()
    {
        using var bench = new TrainingBench();

        using ImageClassificationModel model = bench.Fit(bench.Draw("train", CountPerKind));
        ModelManifest manifest = Save(model).Manifest;

        Assert.AreEqual(("int8", "int8"), (model.Precision.Name, manifest.Network.Precision));
        QuantizationRecord record = manifest.Quantization!;
        Assert.IsTrue(record is { CalibrationImageCount: 8, WeightBits: 7 or 8, Fp32Layers: [] });
        Assert.IsTrue(record.Parity is { ImageCount: 16, LabelAgreement: 1, Int8Accuracy: 1, Fp32Accuracy: 1, FeatureCosine: > 0.99 and < 1 });
        Assert.Contains("100.0% of 16 images get the label they get in fp32", model.Precision.Reason);
        Assert.HasCount(12, model.LayerErrors);
    }

    [TestMethod]
    public void Fit_Int8_PredictsFromTheZipExactlyAsItEvaluated()
    {
        using var bench = new TrainingBench();
        using ImageClassificationModel model = bench.Fit(bench.Draw("train", CountPerKind), bench.Options with { Precision = NetworkPrecision.Int8 });
        ImageDataset test = bench.Draw("test", 4, first: 100);
        EvaluationResult evaluation = model.Evaluate(test);

        using var engine = ImagePredictionEngine.Load(new MemoryStream(Save(model).Zip));

        foreach ((LabeledImage image, ImagePrediction expected) in evaluation.Images.Zip(evaluation.Predictions))
        {
            ImagePrediction actual = engine.Predict(image.Path);
            Assert.IsTrue(expected.Score.SequenceEqual(actual.Score), image.RelativePath);
        }
    }

    [TestMethod]
    public void Fit_Fp32_IsQuantizedNowhere()
    {
        using var bench = new TrainingBench();

        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 4), bench.Options with { Precision = NetworkPrecision.Fp32 });

        Assert.AreEqual(new PrecisionChoice(NetworkPrecision.Fp32, "asked for"), model.Precision);
        Assert.IsNull(Save(model).Manifest.Quantization);
        Assert.IsEmpty(model.LayerErrors);
    }

    [TestMethod]
    public void Fit_FewImages_StaysInFp32AndSaysWhy()
    {
        using var bench = new TrainingBench();

        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 4));

        Assert.AreEqual(("fp32", "there are too few images to check int8 on"), (model.Precision.Name, model.Precision.Reason));
    }

    [TestMethod]
    public void Explain_Int8Network_AddsUpToTheProbabilities()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        using ImageClassificationModel model = bench.Fit(train, bench.Options with { Precision = NetworkPrecision.Int8 });
        model.Save(bench.Combine("model.zip"));
        using var engine = ImagePredictionEngine.Load(bench.Combine("model.zip"), new ImagePredictionEngineOptions { CanExplain = true });
        using var plain = ImagePredictionEngine.Load(bench.Combine("model.zip"));
        string photo = train.Images[0].Path;

        ImageExplanation[] explanations = [.. engine.Labels.Select(label => engine.Explain(photo, label))];

        double[] logits = [.. explanations.Select(explanation => explanation.Evidence.Average() + explanation.Bias)];
        float[] scores = [.. plain.Predict(photo).Scores];
        for (int k = 0; k < logits.Length; k++) Assert.AreEqual(scores[k], Math.Exp(logits[k]) / logits.Sum(Math.Exp), 1e-5);
        CollectionAssert.AreEqual(scores, explanations[0].Prediction.Scores.ToArray());
    }

    [TestMethod]
    public void Fit_FewImagesButInt8AskedFor_CalibratesOnWhatThereIs()
    {
        using var bench = new TrainingBench();

        using ImageClassificationModel model = bench.Fit(bench.Draw("train", 1), bench.Options with { Precision = NetworkPrecision.Int8 });

        Assert.AreEqual(("int8", null), (model.Precision.Name, model.Precision.Quantization!.Parity));
        Assert.Contains("no image was left to check it on", model.Precision.Reason);
    }

    [TestMethod]
    public void Fit_UnreadableImagesInTheDraw_AreReplacedByOthers()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        TrainingBench.Damage(train.Images.Where((_, i) => i % 3 == 0));

        using ImageClassificationModel model = bench.Fit(train);

        Assert.AreEqual("int8", model.Precision.Name);
        Assert.HasCount(16, model.BadImages);
        Assert.AreEqual(8, model.Precision.Quantization!.CalibrationImageCount);
    }

    [TestMethod]
    public void Fit_FewReadableImages_StaysInFp32AndSaysWhy()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        TrainingBench.Damage(train.Images.Where((_, i) => i % 4 > 0));

        using ImageClassificationModel model = bench.Fit(train);

        Assert.AreEqual(("fp32", "too few of the images to check int8 on can be read"), (model.Precision.Name, model.Precision.Reason));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(3)]
    [DataRow(4)]
    public void Fit_ClassWithOneReadableImage_KeepsItForTheHeadOfTheCheck(int seed)
    {
        using var bench = new TrainingBench();
        ImageDataset drawn = bench.Draw("train", CountPerKind + 4);
        ImageDataset train = drawn.Subset(drawn.Images.Where(image => image.Label != "disc"));
        TrainingBench.Damage(train.Images.Where(image => image.Label == "square").Skip(1));

        using ImageClassificationModel model = bench.Fit(train, bench.Options with { Seed = seed, Precision = NetworkPrecision.Int8 });

        Assert.AreEqual("int8", model.Precision.Name);
    }

    [TestMethod]
    public void Fit_OtherNormalization_IsCalibratedAnew()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        string weights = bench.Combine("own.safetensors");
        File.Copy(TinyBackbone.Path, weights);
        foreach (double deviation in new[] { 0.229, 0.05 })
        {
            File.WriteAllText(bench.Combine("own.json"), string.Create(CultureInfo.InvariantCulture, $$"""
                {"name": "own", "architecture": "resnet10", "fileName": "own.safetensors", "license": "MIT", "source": "a test", "imageSize": 64,
                 "resizeMode": "Crop", "mean": [0.5, 0.5, 0.5], "standardDeviation": [{{deviation}}, {{deviation}}, {{deviation}}]}
                """));
            using ImageClassificationModel model = bench.Fit(train, bench.CachingOptions with { Backbone = weights, Precision = NetworkPrecision.Int8 });
        }

        Assert.HasCount(2, Directory.GetFiles(bench.Combine("features"), "*.txt", SearchOption.AllDirectories));
    }

    [TestMethod]
    [DataRow(9, "", "int8", "images get the label they get in fp32")]
    [DataRow(9, "Clip", "int8", "images get the label they get in fp32")]
    [DataRow(9, "Shrink", "fp32", "its ONNX operator set 9 is older than 13 and cannot be converted")]
    [DataRow(13, "LeakyRelu", "int8", "images get the label they get in fp32")]
    public void Fit_OnnxFile_IsQuantizedWhateverItsNodesAreCalled(int operatorSet, string otherOperator, string expected, string reason)
    {
        using var bench = new TrainingBench();
        ModelProto model = ModelProto.Parser.ParseFrom(TinyModel.Network);
        model.OpsetImport.Single(set => set.Domain.Length == 0).Version = operatorSet;
        foreach (NodeProto node in model.Graph.Node) node.Name = "";
        // No residual network of ours any more, but one that computes the same.
        if (otherOperator.Length > 0) Insert(model.Graph, otherOperator);
        string file = bench.Combine("foreign.onnx");
        File.WriteAllBytes(file, model.ToByteArray());

        using ImageClassificationModel trained = bench.Fit(bench.Draw("train", CountPerKind), bench.Options with { Backbone = file });

        Assert.AreEqual(expected, trained.Precision.Name, trained.Precision.Reason);
        Assert.Contains(reason, trained.Precision.Reason);
    }

    [TestMethod]
    public void Fit_WarmCache_CalibratesTheSameFromTheCacheAndFromDamage()
    {
        using var bench = new TrainingBench();
        ImageDataset train = bench.Draw("train", CountPerKind);
        byte[] cold = bench.FitAndSave(train, bench.CachingOptions);
        string kept = Directory.GetFiles(bench.Combine("features"), "*.txt", SearchOption.AllDirectories).Single();

        byte[] warm = bench.FitAndSave(train, bench.CachingOptions);
        File.WriteAllText(kept, "damaged");
        byte[] again = bench.FitAndSave(train, bench.CachingOptions);

        Assert.IsTrue(cold.SequenceEqual(warm));
        Assert.IsTrue(cold.SequenceEqual(again));
        Assert.AreNotEqual("damaged", File.ReadAllText(kept));
    }

    [TestMethod]
    public void Fit_NetworkWithOutliers_KeepsTheLayersThatReadThemInFp32()
    {
        using var bench = new TrainingBench();
        Backbone spiked = OutlierNetwork.From(TinyModel.Backbone, "stage1.block1", "stage2.block1", "stage3.block1", "stage4.block1");

        using ImageClassificationModel model = Fit(bench, spiked, NetworkPrecision.Auto);

        if (model.Precision.Precision == NetworkPrecision.Int8)
        {
            Assert.IsNotEmpty(model.Precision.Quantization!.Fp32Layers, $"{model.Precision.Quantization.Parity}");
            Assert.IsTrue(model.Precision.Quantization.Fp32Layers.All(layer => layer.EndsWith(".conv2", StringComparison.Ordinal)), model.Precision.Reason);
        }
        else
        {
            Assert.Contains("int8 differs too much from fp32", model.Precision.Reason);
        }
    }

    [TestMethod]
    public void Start_Int8OnAGpu_ThrowsDeviceException()
    {
        using var bench = new TrainingBench();
        var device = new DeviceChoice(new ComputeDevice(DeviceKind.Cuda), "a test");
        var images = new TrainingImages(bench.Draw("train", 2), null, null);
        using var asked = new TrainingSession(bench.Options with { Precision = NetworkPrecision.Int8 }, device, images, null, CancellationToken.None);
        using var auto = new TrainingSession(bench.Options, device, images, null, CancellationToken.None);

        DeviceException exception = Assert.ThrowsExactly<DeviceException>(() => PrecisionTrial.Start(asked, TinyModel.Backbone, out _));

        Assert.Contains("int8 is for the CPU", exception.Message);
        Assert.IsNull(PrecisionTrial.Start(auto, TinyModel.Backbone, out string whyNot));
        Assert.AreEqual("int8 is for the CPU", whyNot);
    }

    private static ImageClassificationModel Fit(TrainingBench bench, Backbone backbone, NetworkPrecision precision)
    {
        var session = new TrainingSession(
            bench.Options with { Precision = precision }, new DeviceChoice(ComputeDevice.Cpu, "a test"),
            new TrainingImages(bench.Draw("train", CountPerKind), null, null), null, CancellationToken.None);
        session.Fit(backbone);
        return new ImageClassificationModel(session);
    }

    private static (byte[] Zip, ModelManifest Manifest) Save(ImageClassificationModel model)
    {
        using var stream = new MemoryStream();
        model.Save(stream);
        byte[] zip = stream.ToArray();
        using var engine = ImagePredictionEngine.Load(new MemoryStream(zip));
        return (zip, engine.Manifest);
    }

    // Behind the first ReLU, where each of these changes nothing.
    private static void Insert(GraphProto graph, string operatorName)
    {
        NodeProto relu = graph.Node.First(node => node.OpType == "Relu");
        var node = new NodeProto { OpType = operatorName, Input = { "inserted" }, Output = { relu.Output[0] } };
        if (operatorName == "Clip") node.Attribute.Add(GraphAttribute.Float("min", 0));
        if (operatorName == "Shrink") node.Attribute.Add([GraphAttribute.Float("lambd", 0), GraphAttribute.Float("bias", 0)]);
        relu.Output[0] = "inserted";
        graph.Node.Insert(graph.Node.IndexOf(relu) + 1, node);
    }
}
