using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones.Weights;

[TestClass]
public sealed class ResNetLoaderTests
{
    [TestMethod]
    [DataRow("")]
    [DataRow("module.")]
    [DataRow("state_dict.module.")]
    [DataRow("model.")]
    public void Load_KeysUnderAPrefix_RecognisesTheNetwork(string prefix)
    {
        byte[] file = SafetensorsWriter.Write(ResNetFixture.ResNet10.Select(tensor => tensor with { Name = prefix + tensor.Name }), "F16");

        Backbone backbone = WeightFixture.Load(file);

        Assert.AreEqual("resnet10", backbone.Descriptor.Architecture);
        Assert.AreEqual(512, backbone.FeatureCount);
    }

    [TestMethod]
    [DataRow("transformers", "resnet.")]
    [DataRow("transformers", "")]
    [DataRow("fastai", "model.")]
    [DataRow("fastai", "")]
    public void Load_NamesOfAnotherLibrary_GivesTheSameNetwork(string library, string prefix)
    {
        Func<string, string> rename = library == "fastai" ? FastaiName : TransformersName;
        IEnumerable<FixtureTensor> tensors = ResNetFixture.ResNet10.Select(tensor => tensor with { Name = prefix + rename(tensor.Name) });
        if (library == "fastai") tensors = tensors.Where(tensor => !tensor.Name.Contains("fc", StringComparison.Ordinal)).Append(new(prefix + "1.8.weight", [1], [0]));

        Backbone backbone = WeightFixture.Load(SafetensorsWriter.Write(tensors));

        CollectionAssert.AreEqual(WeightFixture.Load(SafetensorsWriter.Write(ResNetFixture.ResNet10)).BuildFeaturizer(), backbone.BuildFeaturizer());
    }

    [TestMethod]
    [DataRow("blocks.0.attn.qkv.weight patch_embed.proj.weight", "it is a vision transformer, which is not read")]
    [DataRow("stages.0.0.dwconv.weight", "it is a ConvNeXt, which is not read")]
    [DataRow("conv_stem.weight", "it is an EfficientNet or MobileNet")]
    [DataRow("features.denseblock1.denselayer1.norm1.weight", "it is a DenseNet")]
    [DataRow("conv1.weight layer1.0.conv1.weight layer1.0.se.fc1.weight", "it is a ResNet with squeeze-and-excitation (SE), which is not built here")]
    [DataRow("conv1.0.weight layer1.0.conv1.weight", "it is a ResNet with a deep stem")]
    public void Load_AnotherNetwork_IsRefusedByWhatItIs(string names, string expected)
    {
        byte[] file = SafetensorsWriter.Write(names.Split(' ').Select(name => new FixtureTensor(name, [1], [0])));

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, expected);
        StringAssert.Contains(exception.Message, "known are resnet10, resnet18");
    }

    [TestMethod]
    public void Load_SeveralNetworks_NamesTheirPrefixes()
    {
        byte[] file = SafetensorsWriter.Write(new[] { "student.", "teacher." }.SelectMany(prefix =>
            ResNetFixture.ResNet10.Select(tensor => new FixtureTensor(prefix + tensor.Name, [1], [0]))));

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "several networks, under 'student.', 'teacher.'");
    }

    [TestMethod]
    [DataRow("model.", "model_ema.")]
    [DataRow("state_dict.", "state_dict_ema.")]
    [DataRow("state_dict.module.", "ema_state_dict.module.")]
    public void Load_NetworkAndItsMovingAverage_TakesTheAverage(string last, string average)
    {
        IEnumerable<FixtureTensor> unusable = ResNetFixture.ResNet10.Select(tensor => new FixtureTensor(last + tensor.Name, [1], [0]));
        IEnumerable<FixtureTensor> sound = ResNetFixture.ResNet10.Select(tensor => tensor with { Name = average + tensor.Name });

        Backbone backbone = WeightFixture.Load(SafetensorsWriter.Write(unusable.Concat(sound), "F16"));

        Assert.AreEqual("resnet10", backbone.Descriptor.Architecture);
    }

    [TestMethod]
    public void Load_MissingSurplusAndMisshapenTensors_NamesAllAtOnce()
    {
        IEnumerable<FixtureTensor> tensors = ResNetFixture.ResNet10
            .Where(tensor => tensor.Name is not ("layer2.0.bn1.running_mean" or "layer4.0.conv2.weight"))
            .Select(tensor => tensor.Name == "conv1.weight" ? tensor with { Shape = [64, 3, 49] } : tensor)
            .Append(new FixtureTensor("layer1.0.extra.weight", [1], [0]));

        BackboneException exception = WeightFixture.LoadFails(SafetensorsWriter.Write(tensors, "F16"));

        StringAssert.Contains(exception.Message, "its tensors are not those of resnet10");
        StringAssert.Contains(exception.Message, "missing layer2.0.bn1.running_mean [128]");
        StringAssert.Contains(exception.Message, "missing layer4.0.conv2.weight [512, 512, 3, 3]");
        StringAssert.Contains(exception.Message, "conv1.weight is [64, 3, 49] instead of [64, 3, 7, 7]");
        StringAssert.Contains(exception.Message, "surplus layer1.0.extra.weight");
    }

    [TestMethod]
    public void Load_EverythingWrong_NamesTwentyAndCountsTheRest()
    {
        IEnumerable<FixtureTensor> tensors = ResNetFixture.ResNet10.Select(tensor => new FixtureTensor(tensor.Name, [1, 1, 1], [0]));

        BackboneException exception = WeightFixture.LoadFails(SafetensorsWriter.Write(tensors));

        Assert.AreEqual(20, exception.Message.Split(" instead of ").Length - 1);
        StringAssert.Contains(exception.Message, $"; and {ResNetFixture.ResNet10.Length - 20} more");
    }

    [TestMethod]
    public void Load_AnotherArchitectureThanDescribed_NamesWhatIsMissing()
    {
        BackboneDescriptor descriptor = WeightFixture.Descriptor with { Architecture = "resnet18" };

        BackboneException exception = WeightFixture.LoadFails(SafetensorsWriter.Write(ResNetFixture.ResNet10, "F16"), descriptor: descriptor);

        StringAssert.Contains(exception.Message, "not those of resnet18: missing layer1.1.conv1.weight [64, 64, 3, 3]");
    }

    [TestMethod]
    public void Load_BatchCountersAndNoHead_IsAccepted()
    {
        IEnumerable<FixtureTensor> tensors = ResNetFixture.ResNet10
            .Where(tensor => !tensor.Name.StartsWith("fc.", StringComparison.Ordinal))
            .Append(new FixtureTensor("bn1.num_batches_tracked", [], [90]));

        Backbone backbone = WeightFixture.Load(SafetensorsWriter.Write(tensors, "F16"));

        Assert.IsNull(backbone.BuildPretrainedClassifier());
    }

    [TestMethod]
    public void Load_HeadWithoutBias_NamesIt()
    {
        byte[] file = SafetensorsWriter.Write(ResNetFixture.ResNet10.Where(tensor => tensor.Name != "fc.bias"), "F16");

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "missing fc.bias [7]");
    }

    [TestMethod]
    public void Load_NegativeVariance_NamesTheTensor()
    {
        IEnumerable<FixtureTensor> tensors = ResNetFixture.ResNet10.Select(tensor =>
            tensor.Name == "bn1.running_var" ? tensor with { Values = [.. tensor.Values.Select(value => -value)] } : tensor);

        BackboneException exception = WeightFixture.LoadFails(SafetensorsWriter.Write(tensors, "F16"));

        StringAssert.Contains(exception.Message, "'bn1.running_var' holds negative variances");
    }

    [TestMethod]
    public void Load_NoNetwork_SaysWhatIsKnown()
    {
        BackboneException exception = WeightFixture.LoadFails(SafetensorsWriter.Write([new("embedding.weight", [1], [0])]));

        StringAssert.Contains(exception.Message, "holds no ResNet; known are resnet10, resnet18");
    }

    [TestMethod]
    public void Load_EveryFormat_GivesTheSameNetwork()
    {
        byte[] safetensors = WeightFixture.Load(SafetensorsWriter.Write(ResNetFixture.ResNet10)).BuildFeaturizer();
        byte[] zip = WeightFixture.Load(TorchWriter.Zip(ResNetFixture.ResNet10, wrapper: "model")).BuildFeaturizer();
        byte[] legacy = WeightFixture.Load(TorchWriter.Legacy(ResNetFixture.ResNet10)).BuildFeaturizer();

        Assert.IsTrue(safetensors.AsSpan().SequenceEqual(zip));
        Assert.IsTrue(safetensors.AsSpan().SequenceEqual(legacy));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("<!DOCTYPE html><html></html>")]
    [DataRow("version https://git-lfs.github.com/spec/v1")]
    public void Load_NoWeights_SaysSo(string content)
    {
        BackboneException exception = WeightFixture.LoadFails(System.Text.Encoding.UTF8.GetBytes(content));

        Assert.AreEqual(WeightFixture.FileName, exception.Name);
        StringAssert.StartsWith(exception.Message, "The weights 'weights.bin' cannot be used: it is ");
    }

    private static string FastaiName(string name) => name switch
    {
        _ when name.StartsWith("layer", StringComparison.Ordinal) => $"0.{name[5] - '0' + 3}{name[6..]}",
        _ when name.StartsWith("conv1.", StringComparison.Ordinal) => $"0.0.{name[6..]}",
        _ when name.StartsWith("bn1.", StringComparison.Ordinal) => $"0.1.{name[4..]}",
        _ => name,
    };

    private static string TransformersName(string name)
    {
        string[] parts = name.Split('.');
        string Kind(string part) => part.StartsWith("conv", StringComparison.Ordinal) ? "convolution" : "normalization";
        if (parts[0] == "fc") return $"classifier.1.{parts[1]}";
        if (!parts[0].StartsWith("layer", StringComparison.Ordinal)) return $"embedder.embedder.{Kind(parts[0])}.{parts[1]}";
        string block = $"encoder.stages.{parts[0][5] - '1'}.layers.{parts[1]}";
        return parts[2] == "downsample"
            ? $"{block}.shortcut.{(parts[3] == "0" ? "convolution" : "normalization")}.{parts[4]}"
            : $"{block}.layer.{parts[2][^1] - '1'}.{Kind(parts[2])}.{parts[3]}";
    }
}
