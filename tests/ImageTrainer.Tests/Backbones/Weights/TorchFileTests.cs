using System.IO.Compression;
using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Weights;

namespace ImageTrainer.Tests.Backbones.Weights;

[TestClass]
public sealed class TorchFileTests
{
    private static readonly FixtureTensor[] Sample =
    [
        new("a.weight", [2, 3], [1, 2, 3, 4, 5, 6]),
        new("a.bias", [2], [-0.5f, 0.25f]),
    ];

    [TestMethod]
    [DataRow("F16")]
    [DataRow("BF16")]
    [DataRow("F32")]
    [DataRow("F64")]
    public void ReadZip_EveryElementType_GivesTheNumbers(string elementType)
    {
        WeightSet weights = TorchZipReader.Read(WeightFixture.Open(TorchWriter.Zip(Sample, elementType)));

        CollectionAssert.AreEqual(Sample[0].Values, weights.Read("a.weight"));
        CollectionAssert.AreEqual(Sample[1].Values, weights.Read("a.bias"));
        CollectionAssert.AreEqual(new long[] { 2, 3 }, weights.Tensors["a.weight"].Shape.ToArray());
    }

    [TestMethod]
    [DataRow("F16")]
    [DataRow("F32")]
    public void ReadLegacy_EveryElementType_GivesTheNumbers(string elementType)
    {
        WeightSet weights = TorchLegacyReader.Read(WeightFixture.Open(TorchWriter.Legacy(Sample, elementType)));

        CollectionAssert.AreEqual(Sample[0].Values, weights.Read("a.weight"));
        CollectionAssert.AreEqual(Sample[1].Values, weights.Read("a.bias"));
    }

    [TestMethod]
    public void ReadZip_Checkpoint_GivesDottedNames()
    {
        WeightSet weights = TorchZipReader.Read(WeightFixture.Open(TorchWriter.Zip(Sample, wrapper: "state_dict")));

        CollectionAssert.AreEquivalent(new[] { "state_dict.a.weight", "state_dict.a.bias" }, weights.Tensors.Keys.ToArray());
    }

    [TestMethod]
    public void ReadZip_ChannelsLast_GivesTheNumbersInRowMajorOrder()
    {
        PickleWriter pickle = new PickleWriter().Raw((byte)'}').Text("w");
        TorchWriter.Tensor(pickle, [1, 2, 1, 3], 6, ("FloatStorage", 0, false), strides: [6, 1, 6, 2]);
        byte[] data = SafetensorsWriter.Encode([1, 10, 2, 20, 3, 30], "F32");

        WeightSet weights = TorchZipReader.Read(WeightFixture.Open(TorchWriter.Zip(pickle.Opcode('s').Stop(), [data])));

        CollectionAssert.AreEqual(new float[] { 1, 2, 3, 10, 20, 30 }, weights.Read("w"));
    }

    [TestMethod]
    [DataRow("os", "system")]
    [DataRow("builtins", "eval")]
    [DataRow("torch", "load")]
    public void Read_CallOfAnotherFunction_IsRefusedByName(string module, string name)
    {
        byte[] pickle = new PickleWriter().Global(module, name).Text("touch /tmp/owned").Raw(0x85, (byte)'R').Stop();

        BackboneException zip = WeightFixture.LoadFails(TorchWriter.Zip(pickle, []));
        BackboneException legacy = WeightFixture.LoadFails([.. TorchWriter.LegacyStart(), .. pickle]);

        StringAssert.Contains(zip.Message, $"'{module}.{name}'");
        StringAssert.Contains(zip.Message, "nothing of it was run");
        StringAssert.Contains(legacy.Message, $"'{module}.{name}'");
    }

    [TestMethod]
    public void Read_NameFromTheStack_IsRefusedByName()
    {
        byte[] pickle = new PickleWriter().Text("os").Text("system").Raw(0x93).Text("id").Raw(0x85, (byte)'R').Stop();

        BackboneException exception = WeightFixture.LoadFails(TorchWriter.Zip(pickle, []));

        StringAssert.Contains(exception.Message, "'os.system'");
    }

    [TestMethod]
    [DataRow(new byte[] { 0x81 }, "NewObj")]
    [DataRow(new byte[] { (byte)'i' }, "Inst")]
    [DataRow(new byte[] { (byte)'o' }, "Obj")]
    [DataRow(new byte[] { 0x82, 1 }, "Ext1")]
    [DataRow(new byte[] { (byte)'P' }, "PersId")]
    [DataRow(new byte[] { 0x97 }, "NextBuffer")]
    [DataRow(new byte[] { 0xff }, "0xff")]
    public void Read_AnotherOpcode_IsRefusedByName(byte[] opcode, string expected)
    {
        BackboneException exception = WeightFixture.LoadFails(TorchWriter.Zip(new PickleWriter().Raw(opcode).Stop(), []));

        StringAssert.Contains(exception.Message, expected);
    }

    [TestMethod]
    [DataRow(7L, 1L, "reaches beyond its data")]
    [DataRow(3L, 0L, "has strides [0]")]
    [DataRow(3L, 2L, "has strides [2]")]
    [DataRow(long.MaxValue, 1L, "has strides")]
    public void Read_TensorThatDoesNotFitItsData_NamesIt(long size, long stride, string expected)
    {
        PickleWriter pickle = new PickleWriter().Raw((byte)'}').Text("w");
        TorchWriter.Tensor(pickle, [size], 6, ("FloatStorage", 0, false), strides: [stride]);
        byte[] file = TorchWriter.Zip(pickle.Opcode('s').Stop(), [new byte[24]]);

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "'w'");
        StringAssert.Contains(exception.Message, expected);
    }

    [TestMethod]
    public void Read_DataEntryShorterThanItsTensors_NamesTheTensor()
    {
        byte[] file = TorchWriter.Zip(TorchWriter.Pickle(Sample, "F32", null, isLegacy: false), [new byte[20], new byte[8]]);

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "'a.weight' [2, 3] reaches beyond its data");
    }

    [TestMethod]
    public void Read_CompressedEntries_AreRefused()
    {
        byte[] file = TorchWriter.Zip(TorchWriter.Pickle([], "F32", null, isLegacy: false), [], CompressionLevel.SmallestSize);

        BackboneException exception = WeightFixture.LoadFails(file);

        StringAssert.Contains(exception.Message, "compressed or encrypted");
    }

    [TestMethod]
    public void Read_EndlessPickle_EndsAtTheLimit()
    {
        byte[] pickle = new PickleWriter().Raw([.. Enumerable.Repeat((byte)'}', 1_100_000)]).Stop();

        BackboneException exception = WeightFixture.LoadFails(TorchWriter.Zip(pickle, []));

        StringAssert.Contains(exception.Message, "over 1000000 steps");
    }

    [TestMethod]
    public void Read_DictInsideItself_EndsWithItsTensors()
    {
        PickleWriter pickle = new PickleWriter().Raw((byte)'}', (byte)'q', 0).Text("self").Raw((byte)'h', 0, (byte)'s').Text("w");
        TorchWriter.Tensor(pickle, [1], 1, ("FloatStorage", 0, false));

        WeightSet weights = TorchZipReader.Read(WeightFixture.Open(TorchWriter.Zip(pickle.Opcode('s').Stop(), [new byte[4]])));

        Assert.AreEqual("w", weights.Tensors.Keys.Single());
    }

    [TestMethod]
    public void Read_BigEndianLegacy_IsRefused()
    {
        byte[] start = TorchWriter.LegacyStart();
        start[Array.LastIndexOf(start, (byte)0x88)] = 0x89;

        BackboneException exception = WeightFixture.LoadFails(start);

        StringAssert.Contains(exception.Message, "big-endian");
    }
}
