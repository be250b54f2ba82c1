using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Featurizing;

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
