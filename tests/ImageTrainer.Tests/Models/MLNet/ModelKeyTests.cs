using System.Text;
using ImageTrainer.Models.MLNet;

namespace ImageTrainer.Tests.Models.MLNet;

[TestClass]
public class ModelKeyTests
{
    private static readonly ComponentIdentity Identity = new("MC  PRED", "MulticlassPredXfer", "Microsoft.ML.Data", 0x00010002, 0x00010001);

    [TestMethod]
    public void Read_WhatWasWritten_GivesItBack()
    {
        ModelKey key = Create("Features", "", "\u87ba\u4e1d, \"x\"");

        ModelKey read = ModelKeyReader.Read(key.ToBytes());

        Assert.AreEqual(Identity, read.Identity);
        CollectionAssert.AreEqual(key.Strings.ToArray(), read.Strings.ToArray());
        CollectionAssert.AreEqual(key.Block.ToArray(), read.Block.ToArray());
    }

    [TestMethod]
    public void ToBytes_NoStrings_LeavesTheirFourFieldsZero()
    {
        byte[] bytes = Create().ToBytes();

        Assert.IsTrue(bytes.AsSpan(0x20, 0x20).IndexOfAnyExcept((byte)0) < 0);
        Assert.AreEqual(256 + 4, BitConverter.ToInt64(bytes, 0x90));
    }

    [TestMethod]
    public void ToBytes_Strings_EndWhereTheTableSaysInBytes()
    {
        byte[] bytes = Create("ab", "\u4e2d").ToBytes();

        Assert.AreEqual(256 + 4, BitConverter.ToInt64(bytes, 0x20));
        Assert.AreEqual(16, BitConverter.ToInt64(bytes, 0x28));
        Assert.AreEqual((4L, 6L), (BitConverter.ToInt64(bytes, 260), BitConverter.ToInt64(bytes, 268)));
        Assert.AreEqual("ab\u4e2d", Encoding.Unicode.GetString(bytes, (int)BitConverter.ToInt64(bytes, 0x30), 6));
        Assert.AreEqual(bytes.Length, BitConverter.ToInt64(bytes, 0x88));
    }

    [TestMethod]
    public void WriteString_SameText_HasOneIdInOrderOfFirstUse()
    {
        var block = new BlockWriter();

        foreach (string? text in (string?[])["b", "a", "b", null]) block.WriteString(text);

        CollectionAssert.AreEqual(new[] { "b", "a" }, block.Strings.ToArray());
        CollectionAssert.AreEqual(new byte[] { 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255 }, block.Content.ToArray());
    }

    [TestMethod]
    [DataRow(0x00, "head")]
    [DataRow(0x1F, "block length")]
    [DataRow(0x27, "string table offset")]
    [DataRow(0x2F, "string table length")]
    [DataRow(0x37, "characters offset")]
    [DataRow(0x87, "tail offset")]
    [DataRow(0x97, "assembly offset")]
    [DataRow(0x9B, "assembly length")]
    public void Read_FieldOutside_IsInvalidData(int place, string field)
    {
        byte[] bytes = Create("text").ToBytes();
        bytes[place] = 0xF0;

        Assert.ThrowsExactly<InvalidDataException>(() => ModelKeyReader.Read(bytes), field);
    }

    [TestMethod]
    public void Read_EveryTruncation_IsInvalidData()
    {
        byte[] bytes = Create("text").ToBytes();

        for (int length = 0; length < bytes.Length; length++)
            Assert.ThrowsExactly<InvalidDataException>(() => ModelKeyReader.Read(bytes.AsMemory(0, length)), $"{length} bytes");
    }

    private static ModelKey Create(params string[] strings) => new(Identity, new byte[] { 1, 2, 3, 4 }, strings);
}
