using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Weights;

namespace ImageTrainer.Tests.Backbones.Weights;

[TestClass]
public sealed class SafetensorsReaderTests
{
    private static readonly FixtureTensor Sample = new("a.weight", [2, 2], [1, -2.5f, 0.125f, 65504]);

    [TestMethod]
    [DataRow("F16")]
    [DataRow("BF16")]
    [DataRow("F32")]
    [DataRow("F64")]
    public void Read_EveryElementType_GivesTheNumbers(string elementType)
    {
        float largest = elementType == "BF16" ? 65280 : 65504;

        WeightSet weights = SafetensorsReader.Read(WeightFixture.Open(SafetensorsWriter.Write([Sample], elementType)));

        CollectionAssert.AreEqual(new[] { 1, -2.5f, 0.125f, largest }, weights.Read("a.weight"));
        CollectionAssert.AreEqual(new long[] { 2, 2 }, weights.Tensors["a.weight"].Shape.ToArray());
    }

    [TestMethod]
    public void Read_BatchCounter_IsLeftOut()
    {
        byte[] file = SafetensorsWriter.Assemble("""{"bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}""", new byte[8]);

        WeightSet weights = SafetensorsReader.Read(WeightFixture.Open(file));

        Assert.IsEmpty(weights.Tensors);
    }

    [TestMethod]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", "'a' and 'b' overlap")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "'a' does not lie inside the 12 bytes")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "'a' does not lie inside")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}""", "'a' does not lie inside")]
    [DataRow("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "do not hold [3] of Float32")]
    [DataRow("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "do not hold")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not the JSON")]
    [DataRow("""{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}""", "not the JSON")]
    [DataRow("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "not the JSON")]
    [DataRow("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", "not the JSON")]
    [DataRow("""{"a":null}""", "'a' does not lie inside")]
    [DataRow("""{"a":[""", "not the JSON")]
    [DataRow("""[1]""", "not the JSON")]
    public void Read_DamagedHeader_SaysWhatIsWrong(string header, string expected)
    {
        WeightFile file = WeightFixture.Open(SafetensorsWriter.Assemble(header, new byte[12]));

        var exception = Assert.ThrowsExactly<BackboneException>(() => SafetensorsReader.Read(file));

        StringAssert.Contains(exception.Message, expected);
        StringAssert.Contains(exception.Message, WeightFixture.FileName);
    }

    [TestMethod]
    public void Read_HeaderLengthBeyondTheFile_SaysBothLengths()
    {
        byte[] file = [.. BitConverter.GetBytes(4_000_000_000UL), .. "{}"u8];

        var exception = Assert.ThrowsExactly<BackboneException>(() => SafetensorsReader.Read(WeightFixture.Open(file)));

        StringAssert.Contains(exception.Message, "claims 4000000000 bytes; the file has 10");
    }

    [TestMethod]
    public void Read_NotFinite_NamesTheTensor()
    {
        WeightSet weights = SafetensorsReader.Read(WeightFixture.Open(SafetensorsWriter.Write([new("a", [2], [1, float.NaN])])));

        var exception = Assert.ThrowsExactly<BackboneException>(() => weights.Read("a"));

        StringAssert.Contains(exception.Message, "'a' holds numbers that are infinite or no numbers");
    }
}
