using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Weights;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;
using ImageTrainer.Tests.Graphs;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>Residual networks in ONNX files, recognised by their structure and made our own.</summary>
[TestClass]
public sealed class OnnxResNetTests
{
    private const int Side = 64;
    private const float Tolerance = 1e-4f;

    private static readonly ResNetArchitecture ResNet10 = ResNetArchitecture.Find("resnet10")!;
    private static readonly float[] Pixels = [.. Enumerable.Range(0, 2 * 3 * Side * Side).Select(i => (float)(i * 37 % 256))];

    [TestMethod]
    [DataRow(8, false, "GlobalAveragePool", "Flatten", false, 0)]
    [DataRow(8, false, "AveragePool", "Flatten", true, 64)]
    [DataRow(9, true, "GlobalAveragePool", "Reshape", false, 64)]
    [DataRow(11, true, "AveragePool", "Reshape", false, 64)]
    [DataRow(13, false, "ReduceMean", "Flatten", false, 0)]
    [DataRow(17, true, "GlobalAveragePool", "Flatten", false, 0)]
    [DataRow(18, false, "ReduceMean", "Reshape", false, 64)]
    [DataRow(21, true, "ReduceMean", "Reshape", false, 0)]
    public void Load_Export_IsTheNetworkOfItsWeightFile(int operatorSet, bool isFolded, string pool, string rows, bool isCntk, int side)
    {
        var export = new OnnxExport { OperatorSet = operatorSet, IsFolded = isFolded, Pool = pool, Rows = rows, IsCntk = isCntk, Side = side };

        Backbone backbone = Load(OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, export));

        Assert.AreEqual("resnet10", backbone.Descriptor.Architecture);
        AssertNear(Features(Load(SafetensorsWriter.Write(ResNetFixture.ResNet10))), Features(backbone));
        Assert.IsNotNull(backbone.BuildPretrainedClassifier());
    }

    [TestMethod]
    [DataRow("resnet50", "resnet50")]
    [DataRow("resnet-basic-1-2-1-2", "resnet-basic-1-2-1-2")]
    [DataRow("resnet-bottleneck-1-1-2-1", "resnet-bottleneck-1-1-2-1")]
    [DataRow("resnet-original-1-1-1-1", "resnet-original-1-1-1-1")]
    public void Load_AnyBlocksInAnyNumber_GivesTheFeaturesOfTheFile(string name, string expected)
    {
        ResNetArchitecture architecture = ResNetArchitecture.Find(name)!;
        byte[] file = OnnxResNetWriter.Write(architecture, ResNetFixture.Make(name, 3), new OnnxExport { HasHead = false });

        Backbone backbone = Load(file);

        Assert.AreEqual(expected, backbone.Descriptor.Architecture);
        AssertNear(Original(file, Normalized(Pixels)), Features(backbone));
    }

    [TestMethod]
    public void Load_OtherEpsilon_IsTakenIntoTheScale()
    {
        byte[] file = OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, new OnnxExport { Epsilon = 0.1f, HasHead = false });

        AssertNear(Original(file, Normalized(Pixels)), Features(Load(file)));
    }

    // PyTorch shares equal tensors among nodes through Identity, and leaves Dropout in where it was asked to.
    [TestMethod]
    public void Load_SharedTensorsBehindIdentity_AreFound()
    {
        byte[] file = OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, change: model =>
        {
            NodeProto norm = model.Graph.Node.First(node => node.OpType == "BatchNormalization");
            NodeProto gemm = model.Graph.Node.Single(node => node.OpType == "Gemm");
            model.Graph.Node.Insert(0, new NodeProto { OpType = "Identity", Input = { norm.Input[1] }, Output = { "shared" } });
            model.Graph.Node.Insert(model.Graph.Node.IndexOf(gemm), new NodeProto { OpType = "Dropout", Input = { gemm.Input[0] }, Output = { "dropped" } });
            norm.Input[1] = "shared";
            gemm.Input[0] = "dropped";
        });

        Backbone backbone = Load(file);

        Assert.AreEqual("resnet10", backbone.Descriptor.Architecture);
        AssertNear(Features(Load(SafetensorsWriter.Write(ResNetFixture.ResNet10))), Features(backbone));
    }

    [TestMethod]
    public void Load_MeanImageInBgr_BecomesTheGraphsOwnNormalisation()
    {
        float[] means = [103, 116, 123];
        byte[] file = OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, new OnnxExport { HasHead = false, Prepare = (graph, image) => Prepare(graph, image, means) });

        Backbone backbone = Load(file, WeightFixture.Descriptor with { ImageSize = Side, Mean = [0, 0, 0], StandardDeviation = [1 / 255f, 1 / 255f, 1 / 255f] });

        Assert.AreEqual("resnet10", backbone.Descriptor.Architecture);
        AssertNear(Original(file, Pixels), Features(backbone), 1e-3f);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Load_DescribedAsBgr_TakesTheChannelsInThatOrder(bool isResNet)
    {
        BackboneDescriptor descriptor = WeightFixture.Descriptor with { ImageSize = Side, ChannelOrder = ChannelOrder.Bgr };
        byte[] file = isResNet ? OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, new OnnxExport { HasHead = false }) : OnnxFixture.Write();

        float[] bgr = Features(Load(file, descriptor));

        AssertNear(Features(Load(file), Swapped(Pixels)), bgr, 0.5f);
        Assert.IsGreaterThan(0.99f, TensorPrimitives.CosineSimilarity<float>(Original(file, Swapped(Normalized(Pixels)), isResNet ? null : "flat"), bgr));
    }

    [TestMethod]
    public void Load_SafetensorsDescribedAsBgr_IsTheSameAsTheOnnxFile()
    {
        BackboneDescriptor descriptor = WeightFixture.Descriptor with { ImageSize = Side, ChannelOrder = ChannelOrder.Bgr };

        float[] weights = Features(Load(SafetensorsWriter.Write(ResNetFixture.ResNet10), descriptor));

        AssertNear(weights, Features(Load(OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10), descriptor)));
    }

    [TestMethod]
    [DataRow("group")]
    [DataRow("dilation")]
    [DataRow("padding")]
    [DataRow("activation")]
    [DataRow("width")]
    public void Load_AnotherKindOfNetwork_IsTakenAsItIs(string change)
    {
        byte[] file = OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, new OnnxExport { HasHead = false }, model => Change(model, change));

        Backbone backbone = Load(file);

        Assert.IsNull(backbone.Descriptor.Architecture);
        AssertNear(Original(file, Normalized(Pixels)), Features(backbone));
    }

    [TestMethod]
    [DataRow("circle")]
    [DataRow("missing")]
    [DataRow("shape")]
    [DataRow("length")]
    [DataRow("nan")]
    [DataRow("variance")]
    public void Load_DamagedNetwork_SaysSo(string damage)
    {
        BackboneException exception = WeightFixture.LoadFails(
            OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10, change: model => Damage(model, damage)));

        Assert.StartsWith("The weights 'weights.bin' cannot be used: ", exception.Message);
    }

    [TestMethod]
    public void Load_OwnNetwork_IsRecognisedAndComputesTheSame()
    {
        Backbone first = Load(SafetensorsWriter.Write(ResNetFixture.ResNet10));

        Backbone second = Load(first.BuildPretrainedClassifier()!);

        Assert.AreEqual("resnet10", second.Descriptor.Architecture);
        AssertNear(Features(first), Features(second));
    }

    [TestMethod]
    public void Load_NamedTensorThatIsNotTheMean_IsTakenAsItIs()
    {
        byte[] file = OnnxResNetWriter.Write(ResNet10, ResNetFixture.ResNet10);
        string logits = ModelProto.Parser.ParseFrom(file).Graph.Output[0].Name;

        Backbone backbone = Load(file, WeightFixture.Descriptor with { ImageSize = Side, FeatureTensor = logits });

        Assert.AreEqual(ResNetFixture.ClassCount, backbone.FeatureCount);
        Assert.IsNull(backbone.Descriptor.Architecture);
    }

    [TestMethod]
    public void Load_DefaultNetwork_GivesTheFeaturesOfItsOwnGraph()
    {
        string path = Path.Combine(AppContext.BaseDirectory, BackboneFiles.PackagedPath);
        BackboneDescriptor descriptor = BackboneCatalogue.Default.Packaged.Descriptor;
        using FileStream content = File.OpenRead(path);
        Backbone backbone = Backbone.Load(descriptor, path, content, 224);
        float[] pixels = [.. Enumerable.Range(0, 3 * 224 * 224).Select(i => 127 + (100 * MathF.Sin(i * 0.013f)))];
        float[] input = new float[pixels.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            int channel = 2 - (i / (224 * 224));
            input[i] = pixels[(channel * 224 * 224) + (i % (224 * 224))] - (255 * descriptor.Mean[channel]);
        }

        (float[] expected, _) = NetworkRun.Run(File.ReadAllBytes(path), "Pooling395_Output_0", ("Input247", input, [1, 3, 224, 224]));
        (float[] actual, _) = NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", pixels, [1, 3, 224, 224]));

        Assert.AreEqual("resnet-basic-2-2-2-3", backbone.Descriptor.Architecture);
        Assert.HasCount(512, actual);
        AssertNear(expected, actual, 1e-3f);
    }

    [TestMethod]
    public void DefaultNetwork_Means_AreThoseOfItsMeanImage()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "DnnImageModels", "ResNetPrepOnnx", "ResNetPreprocess.onnx");
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(path));
        float[] image = [.. model.Graph.Initializer.Single(tensor => tensor.Name == "MeanImage").FloatData];

        float[] rgb = [.. Enumerable.Range(0, 3).Select(channel => (float)(image.Chunk(image.Length / 3).ElementAt(2 - channel).Average(value => (double)value) / 255))];

        IReadOnlyList<float> mean = BackboneCatalogue.Default.Packaged.Descriptor.Mean;
        for (int channel = 0; channel < 3; channel++) Assert.AreEqual(rgb[channel], mean[channel], 1e-6f);
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    [DataRow("resnet18", 13)]
    [DataRow("resnet18", 17)]
    [DataRow("resnet50", 13)]
    [DataRow("resnet50", 17)]
    public void Load_ExportOfRealWeights_GivesTheFeaturesOfTheirFile(string name, int operatorSet)
    {
        byte[] weights = File.ReadAllBytes(TestData.Path("backbones", $"{name}-imagenet.safetensors"));
        WeightSet set = SafetensorsReader.Read(WeightFixture.Open(weights));
        FixtureTensor[] tensors = [.. set.Tensors.Values.Select(tensor => new FixtureTensor(tensor.Name, [.. tensor.Shape], set.Read(tensor.Name)))];

        Backbone exported = Load(OnnxResNetWriter.Write(ResNetArchitecture.Find(name)!, tensors, new OnnxExport { OperatorSet = operatorSet }));

        Assert.AreEqual(name, exported.Descriptor.Architecture);
        AssertNear(Features(Load(weights)), Features(exported));
    }

    private static Backbone Load(byte[] file, BackboneDescriptor? descriptor = null) =>
        WeightFixture.Load(file, descriptor: descriptor ?? WeightFixture.Descriptor with { ImageSize = Side });

    private static float[] Features(Backbone backbone, float[]? pixels = null) =>
        NetworkRun.Run(backbone.BuildFeaturizer(), "Features", ("Pixels", pixels ?? Pixels, [2, 3, Side, Side])).Values;

    private static float[] Original(byte[] file, float[] image, string? output = null)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(file);
        if (output is not null) model.Graph.Output[0].Name = output;
        return NetworkRun.Run(model.ToByteArray(), model.Graph.Output[0].Name, (model.Graph.Input[0].Name, image, [2, 3, Side, Side])).Values;
    }

    private static float[] Normalized(float[] pixels)
    {
        BackboneDescriptor descriptor = WeightFixture.Descriptor;
        return [.. pixels.Select((pixel, i) => ((pixel / 255) - descriptor.Mean[i / (Side * Side) % 3]) / descriptor.StandardDeviation[i / (Side * Side) % 3])];
    }

    private static float[] Swapped(float[] image)
    {
        float[][] planes = [.. image.Chunk(Side * Side)];
        return [.. planes.SelectMany((_, i) => planes[(i / 3 * 3) + 2 - (i % 3)])];
    }

    // What ML.NET's preprocessing graph does: channels apart, together in reverse, less a mean image.
    private static string Prepare(GraphProto graph, string image, float[] means)
    {
        var split = new NodeProto { OpType = "Split", Input = { image }, Output = { "r", "g", "b" }, Attribute = { GraphAttribute.Int("axis", 1) } };
        var join = new NodeProto { OpType = "Concat", Input = { "b", "g", "r" }, Output = { "bgr" }, Attribute = { GraphAttribute.Int("axis", 1) } };
        float[] mean = [.. means.SelectMany(value => Enumerable.Repeat(value, Side * Side))];
        graph.Initializer.Add(new TensorProto
        {
            Name = "mean",
            DataType = (int)ElementType.Float,
            Dims = { 1, 3, Side, Side },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(mean.AsSpan())),
        });
        graph.Node.AddRange([split, join, new NodeProto { OpType = "Sub", Input = { "bgr", "mean" }, Output = { "centred" } }]);
        return "centred";
    }

    private static void Change(ModelProto model, string change)
    {
        NodeProto[] convolutions = [.. model.Graph.Node.Where(node => node.OpType == "Conv")];
        switch (change)
        {
            case "group":
                convolutions[1].Attribute.Add(GraphAttribute.Int("group", 2));
                Resize(model, convolutions[1].Input[1], [64, 32, 3, 3]);
                break;
            case "dilation":
                convolutions[1].Attribute.Add(GraphAttribute.Ints("dilations", 2, 2));
                convolutions[1].Attribute.Single(attribute => attribute.Name == "pads").Ints.Clear();
                convolutions[1].Attribute.Single(attribute => attribute.Name == "pads").Ints.AddRange([2, 2, 2, 2]);
                break;
            case "padding":
                convolutions[0].Attribute.Single(attribute => attribute.Name == "pads").Ints.Clear();
                convolutions[0].Attribute.Single(attribute => attribute.Name == "pads").Ints.AddRange([2, 2, 3, 3]);
                break;
            case "activation":
                model.Graph.Node.First(node => node.OpType == "Relu").OpType = "LeakyRelu";
                break;
            default:
                Resize(model, convolutions[0].Input[1], [32, 3, 7, 7]);
                foreach (string part in model.Graph.Node.First(node => node.OpType == "BatchNormalization").Input.Skip(1)) Resize(model, part, [32]);
                Resize(model, convolutions[1].Input[1], [64, 32, 3, 3]);
                NodeProto first = convolutions[2], sum = model.Graph.Node.First(node => node.OpType == "Add");
                sum.Input[1] = sum.Input[0];
                Assert.IsNotNull(first);
                break;
        }
    }

    private static void Resize(ModelProto model, string name, long[] shape)
    {
        TensorProto tensor = model.Graph.Initializer.Single(initializer => initializer.Name == name);
        tensor.Dims.Clear();
        tensor.Dims.AddRange(shape);
        int length = (int)shape.Aggregate(1L, (product, size) => product * size) * sizeof(float);
        tensor.RawData = ByteString.CopyFrom(tensor.RawData.Span[..length]);
    }

    private static void Damage(ModelProto model, string damage)
    {
        NodeProto convolution = model.Graph.Node.Where(node => node.OpType == "Conv").ElementAt(3);
        TensorProto kernel = model.Graph.Initializer.Single(initializer => initializer.Name == convolution.Input[1]);
        TensorProto variance = model.Graph.Initializer.Single(initializer =>
            initializer.Name == model.Graph.Node.First(node => node.OpType == "BatchNormalization").Input[4]);
        switch (damage)
        {
            case "circle":
                convolution.Input[0] = model.Graph.Node.Last(node => node.OpType == "Relu").Output[0];
                break;
            case "missing":
                model.Graph.Initializer.Remove(kernel);
                break;
            case "shape":
                kernel.Dims[1] = 3;
                break;
            case "length":
                kernel.RawData = ByteString.CopyFrom(kernel.RawData.Span[..400]);
                break;
            case "nan":
                kernel.RawData = ByteString.CopyFrom([.. BitConverter.GetBytes(float.NaN), .. kernel.RawData.Span[4..]]);
                break;
            default:
                variance.RawData = ByteString.CopyFrom([.. BitConverter.GetBytes(-1f), .. variance.RawData.Span[4..]]);
                break;
        }
    }

    private static void AssertNear(float[] expected, float[] actual, float tolerance = Tolerance)
    {
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], tolerance);
    }
}
