using ImageTrainer.Models.MLNet;

namespace ImageTrainer.Tests.Models.MLNet;

[TestClass]
public class LinearMulticlassModelTests
{
    [TestMethod]
    public void WriteDiagonal_Dense_StandsRowByRowBehindItsCounts()
    {
        var block = new BlockWriter();

        LinearWeights.WriteDiagonal(block, 2, 3, isDense: true);

        Assert.AreEqual("0 0 4 3 0 0 3", Words(block, singlesFrom: 3));
    }

    [TestMethod]
    public void WriteDiagonal_Sparse_HasRowStartsColumnsAndValues()
    {
        var block = new BlockWriter();

        LinearWeights.WriteDiagonal(block, 2, 3, isDense: false);

        Assert.AreEqual("3 0 1 2 2 0 1 2 3 3", Words(block, singlesFrom: 8));
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Read_EitherLayout_FindsTheDiagonal(bool isDense)
    {
        var block = new BlockWriter();
        LinearWeights.WriteDiagonal(block, 5, 2.5f, isDense);
        var reader = new BlockReader(block.Content.ToArray(), []);

        LinearWeights weights = LinearWeights.Read(reader, classCount: 5, featureCount: 5);

        Assert.AreEqual(2.5f, weights.FindDiagonal());
        Assert.AreEqual(0, reader.Remaining);
    }

    [TestMethod]
    [DataRow(1f, 0f, 0f, 2f)]
    [DataRow(1f, 1f, 0f, 1f)]
    [DataRow(0f, 1f, 1f, 0f)]
    [DataRow(1f, 0f, 0f, 0f)]
    public void FindDiagonal_OtherWeights_IsNull(float a, float b, float c, float d)
    {
        var block = new BlockWriter();
        foreach (int count in (int[])[0, 0, 4]) block.WriteInt32(count);
        foreach (float weight in (float[])[a, b, c, d]) block.WriteSingle(weight);

        LinearWeights weights = LinearWeights.Read(new BlockReader(block.Content.ToArray(), []), classCount: 2, featureCount: 2);

        Assert.IsNull(weights.FindDiagonal());
    }

    [TestMethod]
    [DataRow(2, 500_000)]
    [DataRow(1000, 1000)]
    public void Read_DenseWeightsThatAreNoDiagonal_KeepsFewOfThem(int classCount, int featureCount)
    {
        var block = new BlockWriter();
        foreach (int count in (int[])[0, 0, classCount * featureCount]) block.WriteInt32(count);
        for (int i = 0; i < classCount * featureCount; i++) block.WriteSingle(1);
        var reader = new BlockReader(block.Content, []);

        LinearWeights weights = LinearWeights.Read(reader, classCount, featureCount);

        Assert.IsNull(weights.FindDiagonal());
        Assert.IsLessThanOrEqualTo(classCount + 1, weights.Cells.Count);
        Assert.AreEqual(0, reader.Remaining);
    }

    [TestMethod]
    [DataRow(0, 0, 3)]
    [DataRow(2, 0, 0)]
    [DataRow(-1, 0, 0)]
    [DataRow(0, 0, int.MaxValue)]
    public void Read_CountsThatDoNotAgree_IsInvalidData(int starts, int columns, int weights)
    {
        var block = new BlockWriter();
        foreach (int count in (int[])[starts, columns, weights, 0, 0, 0, 0]) block.WriteInt32(count);

        Assert.ThrowsExactly<InvalidDataException>(
            () => LinearWeights.Read(new BlockReader(block.Content.ToArray(), []), classCount: 2, featureCount: 2));
    }

    private static string Words(BlockWriter block, int singlesFrom)
    {
        int[] words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(block.Content.Span).ToArray();
        return string.Join(' ', words.Index().Select(word => word.Index < singlesFrom ? word.Item : BitConverter.Int32BitsToSingle(word.Item)));
    }
}
