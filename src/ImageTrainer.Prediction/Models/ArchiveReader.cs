using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace ImageTrainer.Models;

/// <summary>The entries of a zip that anybody may have made. Names are looked up, never used as paths.</summary>
/// <param name="zip">The zip; not disposed.</param>
/// <param name="fileLength">Length of its file in bytes.</param>
/// <param name="path">Where it comes from, for messages, or null.</param>
internal sealed class ArchiveReader(ZipArchive zip, long fileLength, string? path)
{
    private const int PrefixLength = sizeof(int);

    // The most that deflate packs into one byte (zlib's "Maximum Compression Factor"), and room for its first block.
    private const long LargestExpansion = 1032;
    private const int LargestExpansionStart = 1 << 10;

    /// <summary>Where the zip comes from, for messages, or null.</summary>
    public string? Path => path;

    /// <summary>The names of all entries, in the order of the zip.</summary>
    public IEnumerable<string> Names => zip.Entries.Select(entry => entry.FullName);

    /// <summary>Whether there is an entry.</summary>
    public bool Has(string name) => zip.GetEntry(name) is not null;

    /// <summary>Reads an entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="maxByteCount">The most bytes accepted.</param>
    /// <exception cref="ModelFormatException">It is missing, too large, or not what its length and its CRC-32 say.</exception>
    public byte[] Read(string name, long maxByteCount)
    {
        ZipArchiveEntry entry = Entry(name);
        CheckLength(entry, entry.Length, maxByteCount);
        byte[] content = new byte[entry.Length];
        using Stream stream = entry.Open();
        ReadToEnd(stream, content, name);
        CheckSum(entry, [], content);
        return content;
    }

    /// <summary>Reads an entry that starts with the length of the rest, as a little-endian i32: the rest goes straight into its own array.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="maxByteCount">The most bytes accepted after the length.</param>
    /// <returns>The rest.</returns>
    /// <exception cref="ModelFormatException">It is missing, too large, or not what its length and its CRC-32 say.</exception>
    public byte[] ReadPrefixed(string name, long maxByteCount)
    {
        ZipArchiveEntry entry = Entry(name);
        CheckLength(entry, entry.Length - PrefixLength, maxByteCount);
        using Stream stream = entry.Open();
        Span<byte> prefix = stackalloc byte[PrefixLength];
        stream.ReadExactly(prefix);
        byte[] content = GC.AllocateUninitializedArray<byte>((int)entry.Length - PrefixLength);
        ReadToEnd(stream, content, name);
        CheckSum(entry, prefix, content);
        if (BinaryPrimitives.ReadInt32LittleEndian(prefix) != content.Length)
            throw Damaged($"{VisibleText.Of(name)} does not have the length it starts with");
        return content;
    }

    /// <summary>The exception for a file that makes no sense.</summary>
    public ModelFormatException Damaged(string reason, Exception? cause = null) => new(ModelFault.Damaged, path, reason, cause);

    private ZipArchiveEntry Entry(string name) => zip.GetEntry(name) ?? throw Damaged($"the zip has no {VisibleText.Of(name)}");

    // What an entry says of its size is believed, and memory taken for it, only as far as the file at hand can bear it out.
    private void CheckLength(ZipArchiveEntry entry, long length, long limit)
    {
        if (length > limit)
            throw new ModelFormatException(ModelFault.TooLarge, path, $"{VisibleText.Of(entry.FullName)} has {length:N0} bytes and the limit is {limit:N0}");
        if (entry.CompressedLength > fileLength
            || entry.Length > checked((entry.CompressedLength * LargestExpansion) + LargestExpansionStart))
            throw Damaged($"{VisibleText.Of(entry.FullName)} claims more bytes than the file can hold");
    }

    // .NET's zip reader does not compare it.
    private void CheckSum(ZipArchiveEntry entry, ReadOnlySpan<byte> prefix, byte[] content)
    {
        var sum = new Crc32();
        sum.Append(prefix);
        sum.Append(content);
        if (sum.GetCurrentHashAsUInt32() != entry.Crc32)
            throw Damaged($"{VisibleText.Of(entry.FullName)} does not match its CRC-32; copy the file again from where it was made");
    }

    private void ReadToEnd(Stream stream, byte[] content, string name)
    {
        stream.ReadExactly(content);
        if (stream.ReadByte() != -1) throw Damaged($"{VisibleText.Of(name)} is longer than it says");
    }
}
