using Google.Protobuf;
using ImageTrainer.Backbones;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Backbones.Weights;

[TestClass]
public sealed class OnnxLoaderTests
{
    private const float Tolerance = 1e-4f;

    [TestMethod]
    public void Load_ForeignClassifier_GivesTheFeaturesOfNormalizedPixels()
    {
        float[] pixels = [.. Enumerable.Range(0, 2 * 3 * 32 * 32).Select(i => (float)(i * 37 % 256))];
        Backbone backbone = WeightFixture.Load(OnnxFixture.Write());
        byte[] original = OnnxFixture.Write(change: model => model.Graph.Output[0].Name = "flat");

        (float[] features, long[] shape) = NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", pixels, [2, 3, 32, 32]));

        CollectionAssert.AreEqual(new long[] { 2, OnnxFixture.FeatureCount }, shape);
        (float[] expected, _) = NetworkRun.Run(original, "flat", ("image", Normalize(pixels), [2, 3, 32, 32]));
        for (int i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], features[i], Tolerance);
    }

    [TestMethod]
    public void Load_ForeignClassifier_BringsItsHead()
    {
        float[] pixels = new float[3 * 32 * 32];
        Backbone backbone = WeightFixture.Load(OnnxFixture.Write());

        (float[] features, _) = NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", pixels, [1, 3, 32, 32]));
        (float[] logits, _) = NetworkRun.Run(backbone.BuildPretrainedClassifier()!, "Logits", ("Pixels", pixels, [1, 3, 32, 32]));

        float expected = OnnxFixture.HeadBiases[0] + features.Select((feature, i) => feature * OnnxFixture.HeadWeights[i]).Sum();
        Assert.AreEqual(expected, logits[0], Tolerance);
    }

    [TestMethod]
    [DataRow("GlobalAveragePool")]
    [DataRow("ReduceMean")]
    public void Load_NoHead_TakesTheMeanOverSpace(string operatorName)
    {
        byte[] file = OnnxFixture.Write(change: model =>
        {
            NodeProto pool = model.Graph.Node.Single(node => node.OpType == "GlobalAveragePool");
            pool.OpType = operatorName;
            if (operatorName == "ReduceMean") pool.Attribute.Add(GraphAttribute.Ints("axes", 2, 3));
            model.Graph.Node.Remove(model.Graph.Node.Single(node => node.OpType == "Gemm"));
            model.Graph.Output[0].Name = "flat";
            model.Graph.Output[0].Type.TensorType.Shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimValue = OnnxFixture.FeatureCount };
        });

        Backbone backbone = WeightFixture.Load(file);

        Assert.AreEqual(OnnxFixture.FeatureCount, backbone.FeatureCount);
        Assert.IsNull(backbone.BuildPretrainedClassifier());
    }

    [TestMethod]
    public void Load_NoHeadAndNoMean_AsksForAName()
    {
        byte[] file = OnnxFixture.Write(change: model =>
        {
            model.Graph.Node.Clear();
            model.Graph.Node.Add(new NodeProto { OpType = "Relu", Input = { "image" }, Output = { "head" } });
        });

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "it has neither Gemm, MatMul nor a mean over space to tell the features by; name the feature tensor");
    }

    [TestMethod]
    public void Load_NamedFourAxisTensor_IsFlattened()
    {
        Backbone backbone = WeightFixture.Load(OnnxFixture.Write(), descriptor: WeightFixture.Descriptor with { FeatureTensor = "pool" });

        (_, long[] shape) = NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", new float[3 * 32 * 32], [1, 3, 32, 32]));

        Assert.AreEqual(OnnxFixture.FeatureCount, backbone.FeatureCount);
        CollectionAssert.AreEqual(new long[] { 1, OnnxFixture.FeatureCount }, shape);
    }

    [TestMethod]
    public void Load_FixedBatchThatNothingDependsOn_RunsWithAnyBatch()
    {
        Backbone backbone = WeightFixture.Load(OnnxFixture.Write(batch: 1));

        (_, long[] shape) = NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", new float[5 * 3 * 32 * 32], [5, 3, 32, 32]));

        Assert.AreEqual(5, shape[0]);
    }

    [TestMethod]
    public void Load_BatchFixedByAReshape_SaysSo()
    {
        byte[] file = OnnxFixture.Write(batch: 1, change: model =>
        {
            NodeProto flatten = model.Graph.Node.Single(node => node.OpType == "Flatten");
            flatten.OpType = "Reshape";
            flatten.Attribute.Clear();
            flatten.Input.Add("shape");
            byte[] shape = [.. BitConverter.GetBytes(1L), .. BitConverter.GetBytes(-1L)];
            model.Graph.Initializer.Add(new TensorProto
            {
                Name = "shape",
                DataType = (int)ElementType.Int64,
                Dims = { 2 },
                RawData = ByteString.CopyFrom(shape),
            });
        });

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "its batch is fixed to 1 before 'flat'; export it with a free batch axis");
    }

    [TestMethod]
    public void Load_FixedSize_WinsOverTheDescriptor()
    {
        Backbone backbone = WeightFixture.Load(OnnxFixture.Write(side: 48));

        Assert.AreEqual(48, backbone.Preprocessing.Height);
        Assert.AreEqual(48, backbone.Preprocessing.Width);
    }

    [TestMethod]
    public void Load_FixedSizeAndAnotherAskedFor_SaysBoth()
    {
        BackboneException exception = WeightFixture.LoadFails(OnnxFixture.Write(side: 48), imageSize: 64);

        StringAssert.Contains(exception.Message, "takes images of 48 pixels only, not of 64");
    }

    [TestMethod]
    public void Load_FreeSize_TakesTheOneAskedFor()
    {
        Backbone backbone = WeightFixture.Load(OnnxFixture.Write(), imageSize: 64);

        Assert.AreEqual(64, backbone.Preprocessing.Width);
    }

    [TestMethod]
    public void Load_OwnFile_IsNotNormalizedTwice()
    {
        float[] pixels = [.. Enumerable.Range(0, 3 * 32 * 32).Select(i => (float)(i % 256))];
        byte[] own = WeightFixture.Load(OnnxFixture.Write()).BuildPretrainedClassifier()!;

        byte[] again = WeightFixture.Load(own).BuildPretrainedClassifier()!;

        (float[] expected, _) = NetworkRun.Run(own, "Logits", ("Pixels", pixels, [1, 3, 32, 32]));
        (float[] actual, _) = NetworkRun.Run(again, "Logits", ("Pixels", pixels, [1, 3, 32, 32]));
        CollectionAssert.AreEqual(expected, actual);
    }

    [TestMethod]
    public void Load_Twice_GivesTheSameBytes()
    {
        byte[] first = WeightFixture.Load(OnnxFixture.Write()).BuildFeaturizer();
        byte[] second = WeightFixture.Load(OnnxFixture.Write()).BuildFeaturizer();

        CollectionAssert.AreEqual(first, second);
    }

    [TestMethod]
    public void Load_TensorInAnotherFile_IsRefusedByName()
    {
        byte[] file = OnnxFixture.Write(change: model =>
            model.Graph.Initializer[0].ExternalData.Add(new StringStringEntryProto { Key = "location", Value = "/etc/passwd" }));

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "'conv.weight' lies in another file");
    }

    [TestMethod]
    public void Load_UnknownOperator_SaysWhatTheRuntimeSays()
    {
        BackboneException exception = WeightFixture.LoadFails(OnnxFixture.Write(change: model => model.Graph.Node[1].OpType = "Frobnicate"));

        StringAssert.Contains(exception.Message, "ONNX Runtime cannot load it");
        StringAssert.Contains(exception.Message, "Frobnicate");
    }

    [TestMethod]
    public void Load_UnknownFeatureTensor_NamesIt()
    {
        BackboneException exception = WeightFixture.LoadFails(
            OnnxFixture.Write(), descriptor: WeightFixture.Descriptor with { FeatureTensor = "embedding" });

        StringAssert.Contains(exception.Message, "none of its nodes makes a tensor 'embedding'");
    }

    [TestMethod]
    public void Load_FeatureTensorWithSpace_SaysItsShape()
    {
        BackboneException exception = WeightFixture.LoadFails(
            OnnxFixture.Write(), descriptor: WeightFixture.Descriptor with { FeatureTensor = "relu" });

        StringAssert.Contains(exception.Message, "'relu' is [-1, 4, 16, 16] where features are [N, D] or [N, D, 1, 1]");
    }

    [TestMethod]
    public void Load_ChannelsLast_SaysWhatIsNeeded()
    {
        byte[] file = OnnxFixture.Write(change: model =>
            model.Graph.Input[0].Type.TensorType.Shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimValue = 224 });

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "'imported.image' has 224 channels");
    }

    private static float[] Normalize(float[] pixels)
    {
        float[] mean = [0.485f, 0.456f, 0.406f];
        float[] deviation = [0.229f, 0.224f, 0.225f];
        return [.. pixels.Select((pixel, i) => ((pixel / 255) - mean[i / 1024 % 3]) / deviation[i / 1024 % 3])];
    }
}
