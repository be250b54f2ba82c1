using System.Text;
using ImageTrainer.Models.MLNet.Idv;

namespace ImageTrainer.Tests.Models.MLNet.Idv;

[TestClass]
public class IdvSchemaTests
{
    private static readonly string[] Labels = ["\u87ba\u4e1d", "", "b, \"c\"", "\ud83d\ude00"];
    private static readonly IdvSchema Schema = new(
    [
        new IdvColumn("Label", IdvType.Key(IdvType.UInt32, 4), Labels),
        new IdvColumn("\u7279\u5f81", IdvType.Vector(IdvType.Single, 1, 4)),
        new IdvColumn("Path", IdvType.Text),
    ]);

    [TestMethod]
    public void Read_WhatWasWritten_GivesItBack()
    {
        IdvSchema read = IdvSchemaReader.Read(IdvSchemaWriter.Write(Schema, IdvCompression.None));

        CollectionAssert.AreEqual(new[] { "Label", "\u7279\u5f81", "Path" }, read.Columns.Select(column => column.Name).ToArray());
        CollectionAssert.AreEqual(
            new[] { "Key<UInt32, 4>", "Vector<Single, 1, 4>", "Text" }, read.Columns.Select(column => column.Type.ToString()).ToArray());
        CollectionAssert.AreEqual(Labels, read.Columns[0].KeyValues!.ToArray());
        Assert.IsNull(read.Columns[1].KeyValues);
    }

    [TestMethod]
    public void Write_TextsOutsideAscii_EndInCharactersNotInBytes()
    {
        byte[] bytes = IdvSchemaWriter.Write(Schema, IdvCompression.None);

        // One vector of 4, dense, no indices; 4 texts that end after 2, 2, 8 and 10 characters of 19 bytes.
        int[] words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(bytes.AsSpan(256, 9 * sizeof(int))).ToArray();
        CollectionAssert.AreEqual(new[] { 1, 4, -1, 0, 4, 2, 2, 8, 10 }, words);
        Assert.AreEqual(string.Concat(Labels), Encoding.UTF8.GetString(bytes, 256 + 37, bytes[256 + 36]));
    }

    [TestMethod]
    public void Write_AnnotationsCalledDeflated_IsRefused() =>
        Assert.ThrowsExactly<ArgumentException>(() => IdvSchemaWriter.Write(Schema, IdvCompression.Deflate));

    [TestMethod]
    public void Read_EveryTruncation_IsInvalidDataOrTheColumns()
    {
        byte[] bytes = IdvSchemaWriter.Write(Schema, IdvCompression.None);

        for (int length = 0; length < bytes.Length - sizeof(ulong); length++)
            Assert.ThrowsExactly<InvalidDataException>(() => IdvSchemaReader.Read(bytes[..length]), $"{length} bytes");
    }

    [TestMethod]
    public void Read_AnyByteChanged_EndsInASchemaOrInvalidData()
    {
        byte[] sound = IdvSchemaWriter.Write(Schema, IdvCompression.None);
        int refusedCount = 0;

        for (int place = 0; place < sound.Length; place++)
        {
            byte[] bytes = [.. sound];
            bytes[place] ^= 0xFF;
            refusedCount += IsRefused(bytes) ? 1 : 0;
        }

        Assert.IsGreaterThan(50, refusedCount);
    }

    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            return IdvSchemaReader.Read(bytes).Columns.Count == 0;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }
}
