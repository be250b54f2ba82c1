using System.Buffers.Binary;
using System.Text;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Finds the uncompressed entries of a zip (APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 to 4.3.16 and 4.5.3), so that tensors can be read
/// at their place without unpacking anything.
/// </summary>
internal sealed class ZipDirectory
{
    private const uint LocalHeader = 0x04034b50, CentralHeader = 0x02014b50, End = 0x06054b50, End64Locator = 0x07064b50, End64 = 0x06064b50;
    private const int LocalHeaderLength = 30, CentralHeaderLength = 46, EndLength = 22, End64LocatorLength = 20, End64Length = 56;
    private const int MaxCommentLength = ushort.MaxValue;
    private const ushort Zip64Extra = 1;

    // A ResNet-152 has under 1,000 entries of about 80 bytes.
    private const int MaxDirectoryLength = 16 << 20;

    private readonly WeightFile _file;
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private ZipDirectory(WeightFile file) => _file = file;

    /// <summary>Names of the entries.</summary>
    public ICollection<string> Names => _entries.Keys;

    /// <summary>Whether the file starts like a zip.</summary>
    public static bool IsZip(WeightFile file) =>
        file.Length >= EndLength && BinaryPrimitives.ReadUInt32LittleEndian(file.Read(0, sizeof(uint))) == LocalHeader;

    /// <summary>Reads the directory at the end of a zip.</summary>
    /// <exception cref="BackboneException">It is not there, damaged, or over 16 MiB.</exception>
    public static ZipDirectory Read(WeightFile file)
    {
        (long offset, long length) = FindDirectory(file);
        if (length is < 0 or > MaxDirectoryLength || offset < 0 || offset > file.Length - length)
            throw file.Fault("the directory at the end of the zip is damaged");
        var zip = new ZipDirectory(file);
        ReadOnlySpan<byte> bytes = file.Read(offset, (int)length);
        while (bytes.Length >= CentralHeaderLength && ReadUInt32(bytes, 0) == CentralHeader)
            bytes = zip.AddEntry(bytes);
        return bytes.IsEmpty ? zip : throw file.Fault("the directory at the end of the zip is damaged");
    }

    /// <summary>Position and length in bytes of an entry's content, which lies inside the file.</summary>
    /// <exception cref="BackboneException">There is no such entry, or it is compressed, encrypted or damaged.</exception>
    public (long Offset, long Length) Locate(string name)
    {
        if (!_entries.TryGetValue(name, out Entry? entry))
            throw _file.Fault($"the zip has no entry '{name}'; the file is incomplete");
        if (entry.IsPacked)
            throw _file.Fault($"the zip's entry '{name}' is compressed or encrypted, which PyTorch never does");
        byte[] header = _file.Read(entry.HeaderOffset, LocalHeaderLength);
        if (ReadUInt32(header, 0) != LocalHeader)
            throw _file.Fault($"the zip's entry '{name}' is damaged");
        long offset = entry.HeaderOffset + LocalHeaderLength + ReadUInt16(header, 26) + ReadUInt16(header, 28);
        if (entry.Length < 0 || offset > _file.Length - entry.Length)
            throw _file.Fault($"the zip's entry '{name}' reaches beyond the end of the file");
        return (offset, entry.Length);
    }

    private static (long Offset, long Length) FindDirectory(WeightFile file)
    {
        int tailLength = (int)Math.Min(file.Length, EndLength + MaxCommentLength);
        byte[] tail = file.Read(file.Length - tailLength, tailLength);
        Span<byte> signature = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(signature, End);
        int end = tail.AsSpan(0, tailLength - EndLength + sizeof(uint)).LastIndexOf(signature);
        if (end < 0)
            throw file.Fault("it starts like a zip but has no directory at its end; the file is incomplete");
        long locatorOffset = file.Length - tailLength + end - End64LocatorLength;
        if (locatorOffset >= 0)
        {
            byte[] locator = file.Read(locatorOffset, End64LocatorLength);
            if (ReadUInt32(locator, 0) == End64Locator)
                return ReadEnd64(file, ReadInt64(locator, 8));
        }

        return (ReadUInt32(tail, end + 16), ReadUInt32(tail, end + 12));
    }

    private static (long Offset, long Length) ReadEnd64(WeightFile file, long offset)
    {
        byte[] record = file.Read(offset, End64Length);
        return ReadUInt32(record, 0) == End64
            ? (ReadInt64(record, 48), ReadInt64(record, 40))
            : throw file.Fault("the directory at the end of the zip is damaged");
    }

    // Gives the bytes after the entry.
    private ReadOnlySpan<byte> AddEntry(ReadOnlySpan<byte> bytes)
    {
        int nameLength = ReadUInt16(bytes, 28), extraLength = ReadUInt16(bytes, 30), commentLength = ReadUInt16(bytes, 32);
        int length = CentralHeaderLength + nameLength + extraLength + commentLength;
        if (length > bytes.Length)
            throw _file.Fault("the directory at the end of the zip is damaged");
        string name = Encoding.UTF8.GetString(bytes.Slice(CentralHeaderLength, nameLength));
        ReadOnlySpan<byte> extra = Find64(bytes.Slice(CentralHeaderLength + nameLength, extraLength));
        long unpacked = Widen(ReadUInt32(bytes, 24), ref extra);
        long packed = Widen(ReadUInt32(bytes, 20), ref extra);
        long headerOffset = Widen(ReadUInt32(bytes, 42), ref extra);
        bool isPlain = (ReadUInt16(bytes, 8) & 1) == 0 && ReadUInt16(bytes, 10) == 0 && packed == unpacked;
        if (!_entries.TryAdd(name, new Entry(headerOffset, unpacked, !isPlain)))
            throw _file.Fault($"the zip has two entries '{name}'");
        return bytes[length..];
    }

    // The fields of the zip64 extra block, or nothing.
    private static ReadOnlySpan<byte> Find64(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int length = Math.Min(ReadUInt16(extra, 2), extra.Length - 4);
            if (ReadUInt16(extra, 0) == Zip64Extra)
                return extra.Slice(4, length);
            extra = extra[(4 + length)..];
        }

        return [];
    }

    // A 32-bit field of all ones stands for the next 64-bit field of the extra block.
    private static long Widen(uint value, ref ReadOnlySpan<byte> extra)
    {
        if (value != uint.MaxValue || extra.Length < sizeof(long))
            return value;
        long wide = ReadInt64(extra, 0);
        extra = extra[sizeof(long)..];
        return wide;
    }

    private static int ReadUInt16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint ReadUInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static long ReadInt64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadInt64LittleEndian(bytes[offset..]);

    private sealed record Entry(long HeaderOffset, long Length, bool IsPacked);
}
