using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

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

/// <summary>
/// One file of the cache. It is written by the process that made it and by no other, only at its end, and by nobody once that process has
/// closed it; anyone may read it meanwhile. Thread-safe but for <see cref="Append"/>, which wants one caller at a time.
/// </summary>
internal sealed class FeatureCacheSegment : IDisposable
{
    /// <summary>Ending of segments' names.</summary>
    public const string Extension = ".seg";

    /// <summary>What follows the name of a segment in the making; whatever a process leaves so when it dies is rubbish.</summary>
    public const string TemporaryExtension = ".tmp";

    private readonly FeatureCacheFormat _format;
    private readonly SafeFileHandle _file;
    private readonly byte[] _record;
    private int _recordCount;

    private FeatureCacheSegment(string path, SafeFileHandle file, FeatureCacheFormat format)
    {
        (Path, _file, _format) = (path, file, format);
        _record = new byte[format.RecordLength];
    }

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Complete records, whole or damaged.</summary>
    public int RecordCount => _recordCount;

    /// <summary>Whether the file ends in part of a record: whoever wrote it was killed, or is at it right now.</summary>
    public bool EndsTorn { get; private init; }

    /// <summary>Bytes of header and complete records.</summary>
    public long Length => FeatureCacheFormat.HeaderLength + ((long)_recordCount * _format.RecordLength);

    /// <summary>Opens a segment to read; null where its header is not this network's.</summary>
    /// <exception cref="IOException">The file is gone, is being examined by <see cref="IsClosed"/> elsewhere, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static FeatureCacheSegment? OpenRead(string path, FeatureCacheFormat format)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[FeatureCacheFormat.HeaderLength];
        if (RandomAccess.Read(file, header, 0) < header.Length || !header.SequenceEqual(format.Header))
        {
            file.Dispose();
            return null;
        }

        (long count, long rest) = Math.DivRem(RandomAccess.GetLength(file) - FeatureCacheFormat.HeaderLength, format.RecordLength);
        return new FeatureCacheSegment(path, file, format) { _recordCount = (int)count, EndsTorn = rest != 0 };
    }

    /// <summary>
    /// Makes a segment to append to, under a temporary name: other processes look at it only once <see cref="Publish"/> has renamed it, so
    /// never in the moment between its making and its locking.
    /// </summary>
    /// <param name="path">The name it is to have in the end.</param>
    /// <param name="format">The network's format.</param>
    /// <exception cref="IOException">The file exists, or cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    public static FeatureCacheSegment Create(string path, FeatureCacheFormat format)
    {
        SafeFileHandle file = File.OpenHandle(
            path + TemporaryExtension, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, format.Header, 0);
        return new FeatureCacheSegment(path, file, format);
    }

    /// <summary>Gives a new segment its name.</summary>
    /// <exception cref="IOException">Another process took the temporary file for a leftover and deleted it: make another.</exception>
    public void Publish() => File.Move(Path + TemporaryExtension, Path);

    /// <summary>Whether nobody has the file open, so that nobody will ever write to it again. To be asked before opening it.</summary>
    public static bool IsClosed(string path)
    {
        try
        {
            File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Adds a record. Once this returns, the record outlives the process (not a loss of power).</summary>
    /// <returns>The record's index.</returns>
    /// <exception cref="IOException">The disk is full or gone; the next record will take the place of the unfinished one.</exception>
    public int Append(ReadOnlySpan<byte> contentHash, ReadOnlySpan<float> row)
    {
        _format.Write(contentHash, row, _record);
        return AppendRecord(_record);
    }

    /// <inheritdoc cref="Append"/>
    /// <param name="record">A record's bytes, checksum and all.</param>
    public int AppendRecord(ReadOnlySpan<byte> record)
    {
        RandomAccess.Write(_file, record, Length);
        return _recordCount++;
    }

    /// <summary>Reads the content hash of a record, unchecked.</summary>
    public void ReadHash(int index, Span<byte> contentHash) => RandomAccess.Read(_file, contentHash, Offset(index));

    /// <summary>Reads a record's bytes; false where it is damaged.</summary>
    public bool TryRead(int index, Span<byte> record) =>
        RandomAccess.Read(_file, record, Offset(index)) == record.Length && _format.IsWhole(record);

    /// <summary>Forces what was appended onto the disk.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private long Offset(int index) => FeatureCacheFormat.HeaderLength + ((long)index * _format.RecordLength);
}
