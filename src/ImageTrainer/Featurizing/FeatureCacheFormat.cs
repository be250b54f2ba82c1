using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ImageTrainer.Featurizing;

/// <summary>
/// The bytes of a segment: a header of 64 (magic, version, D, network key, checksum), then records of one size: content hash (32), the
/// row's D floats, checksum (16). Checksums are the first bytes of a SHA-256 that starts with the network key, so a record is right for its
/// network or not at all, wherever it came from. Little-endian.
/// </summary>
internal sealed class FeatureCacheFormat
{
    /// <summary>Bytes of a content hash and of a network key.</summary>
    public const int HashLength = 32;

    /// <summary>Bytes before the first record.</summary>
    public const int HeaderLength = 64;

    private const int ChecksumLength = 16;
    private const uint Version = 1;

    private readonly byte[] _networkKey;
    private readonly int _columnCount;
    private readonly byte[] _header;

    /// <summary>The format for one network.</summary>
    /// <param name="networkKey">32 bytes.</param>
    /// <param name="columnCount">D, 1 or more.</param>
    public FeatureCacheFormat(ReadOnlySpan<byte> networkKey, int columnCount)
    {
        _networkKey = networkKey.ToArray();
        _columnCount = columnCount;
        _header = new byte[HeaderLength];
        "ITFEATS\n"u8.CopyTo(_header);
        BinaryPrimitives.WriteUInt32LittleEndian(_header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(12), columnCount);
        _networkKey.CopyTo(_header, 16);
        Checksum(_header.AsSpan(0, HeaderLength - ChecksumLength)).CopyTo(_header.AsSpan(HeaderLength - ChecksumLength));
    }

    /// <summary>Bytes of a record.</summary>
    public int RecordLength => HashLength + (_columnCount * sizeof(float)) + ChecksumLength;

    /// <summary>What a segment begins with. Wholly known beforehand: any other header is another format's or damaged.</summary>
    public ReadOnlySpan<byte> Header => _header;

    /// <summary>Writes one record.</summary>
    public void Write(ReadOnlySpan<byte> contentHash, ReadOnlySpan<float> row, Span<byte> record)
    {
        contentHash.CopyTo(record);
        MemoryMarshal.AsBytes(row).CopyTo(record[HashLength..]);
        Checksum(record[..^ChecksumLength]).CopyTo(record[^ChecksumLength..]);
    }

    /// <summary>Whether a record is whole.</summary>
    public bool IsWhole(ReadOnlySpan<byte> record) =>
        record.Length == RecordLength && Checksum(record[..^ChecksumLength]).SequenceEqual(record[^ChecksumLength..]);

    /// <summary>Takes the row out of a whole record.</summary>
    public static void ReadRow(ReadOnlySpan<byte> record, Span<float> row) =>
        record[HashLength..^ChecksumLength].CopyTo(MemoryMarshal.AsBytes(row));

    private ReadOnlySpan<byte> Checksum(ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_networkKey);
        hash.AppendData(content);
        return hash.GetHashAndReset().AsSpan(0, ChecksumLength);
    }
}
