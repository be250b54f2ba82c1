using System.Buffers.Binary;
using System.Text;

namespace ImageTrainer.Models.MLNet;

/// <summary>Reads a Model.key, whose layout <see cref="ModelKey"/> describes. Offsets are checked before they are followed.</summary>
internal static class ModelKeyReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The bytes are no Model.key.</exception>
    public static ModelKey Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < ModelKey.HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span) != ModelKey.HeadMark)
            throw new InvalidDataException("no header of an ML.NET model");
        if (BinaryPrimitives.ReadUInt64LittleEndian(Part(bytes, Int64(bytes, 0x80), sizeof(ulong)).Span) != ModelKey.TailMark)
            throw new InvalidDataException("no tail of an ML.NET model");
        string assembly = Encoding.Unicode.GetString(Part(bytes, Int64(bytes, 0x90), (uint)Int32(bytes, 0x98)).Span);
        var identity = new ComponentIdentity(
            Text(bytes.Slice(0x40, ModelKey.SignatureLength), '\0', ' '),
            Text(bytes.Slice(0x50, ModelKey.LoaderLength), '\0', '\0').TrimEnd('\0'),
            assembly.Split(',', 2)[0],
            (uint)Int32(bytes, 0x48),
            (uint)Int32(bytes, 0x4C));
        return new ModelKey(identity, Part(bytes, Int64(bytes, 0x10), Int64(bytes, 0x18)), ReadStrings(bytes));
    }

    private static string[] ReadStrings(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlyMemory<byte> table = Part(bytes, Int64(bytes, 0x20), Int64(bytes, 0x28));
        ReadOnlyMemory<byte> characters = Part(bytes, Int64(bytes, 0x30), Int64(bytes, 0x38));
        var strings = new string[table.Length / sizeof(long)];
        long start = 0;
        for (int i = 0; i < strings.Length; i++)
        {
            long end = Int64(table, i * sizeof(long));
            strings[i] = Encoding.Unicode.GetString(Part(characters, start, end - start).Span);
            start = end;
        }

        return strings;
    }

    private static ReadOnlyMemory<byte> Part(ReadOnlyMemory<byte> bytes, long offset, long length) =>
        offset >= 0 && length >= 0 && offset <= bytes.Length && length <= bytes.Length - offset
            ? bytes.Slice((int)offset, (int)length)
            : throw new InvalidDataException($"{length} bytes at {offset} in a part of {bytes.Length}");

    private static string Text(ReadOnlyMemory<byte> bytes, char from, char to) => Encoding.Latin1.GetString(bytes.Span).Replace(from, to);

    private static int Int32(ReadOnlyMemory<byte> bytes, int offset) => BinaryPrimitives.ReadInt32LittleEndian(bytes.Span[offset..]);

    private static long Int64(ReadOnlyMemory<byte> bytes, int offset) => BinaryPrimitives.ReadInt64LittleEndian(bytes.Span[offset..]);
}
