using System.Buffers;
using System.Buffers.Binary;

namespace ImageTrainer.Featurizing;

/// <summary>
/// Feature rows on disk, found by the SHA-256 of the image file they belong to. A folder per network (and preprocessing); in it each
/// process appends to segments of its own and reads everyone's. Killed at any moment, a process loses no row whose
/// <see cref="Append"/> returned. A damaged row is dropped and counted, never returned. Where the disk says no, the cache forgets
/// instead of failing, and says so in <see cref="Notice"/>. Thread-safe.
/// </summary>
/// <remarks>Rows that another process appends after <see cref="Open"/> are seen by the next one to open.</remarks>
internal sealed class FeatureCache : IDisposable
{
    /// <summary>A segment is closed beyond this, so that the oldest rows can be evicted without the newest.</summary>
    private const long MaxSegmentLength = 64L << 20;

    /// <summary>Another process may take a segment in the making for a leftover, but hardly three times running.</summary>
    private const int MaxCreateAttemptCount = 3;

    private readonly FeatureCacheOptions _options;
    private readonly string _folder;
    private readonly FeatureCacheFormat _format;
    private readonly int _columnCount;
    private readonly Lock _lock = new();

    /// <summary>First 8 bytes of a content hash -> where its record is; the rest of the hash is compared when it is read.</summary>
    private readonly Dictionary<ulong, (FeatureCacheSegment Segment, int Index)> _index = [];
    private readonly List<FeatureCacheSegment> _segments = [];
    private FeatureCacheSegment? _own;
    private long _ownByteCount;
    private bool _unwritable;
    private bool _disposed;
    private long _damagedRecordCount;

    private FeatureCache(FeatureCacheOptions options, ReadOnlySpan<byte> networkKey, int columnCount)
    {
        _options = options;
        _columnCount = columnCount;
        _format = new FeatureCacheFormat(networkKey, columnCount);
        _folder = Path.Combine(options.Folder, Convert.ToHexStringLower(networkKey));
    }

    /// <summary>Rows that can be read.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _index.Count;
        }
    }

    /// <summary>Records dropped so far because they were torn or damaged.</summary>
    public long DamagedRecordCount => Interlocked.Read(ref _damagedRecordCount);

    /// <summary>A sentence for the user where the cache cannot be read or written; else null.</summary>
    public string? Notice { get; private set; }

    /// <summary>
    /// Opens the cache of one network. Tidies up first where no other process is doing so: merges small segments, evicts old ones.
    /// </summary>
    /// <param name="options">Where and how much.</param>
    /// <param name="networkKey">32 bytes that stand for network and preprocessing: other bytes, other rows.</param>
    /// <param name="columnCount">D, 1 or more.</param>
    /// <exception cref="ArgumentException">The key is not 32 bytes long, or an option is out of range.</exception>
    public static FeatureCache Open(FeatureCacheOptions options, ReadOnlySpan<byte> networkKey, int columnCount)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(options.Folder);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxByteCount);
        ArgumentOutOfRangeException.ThrowIfNotEqual(networkKey.Length, FeatureCacheFormat.HashLength);
        ArgumentOutOfRangeException.ThrowIfLessThan(columnCount, 1);
        var cache = new FeatureCache(options, networkKey, columnCount);
        try
        {
            Directory.CreateDirectory(cache._folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            cache.StopWriting(exception);
        }

        if (Directory.Exists(cache._folder))
            cache.TidyAndIndex();
        return cache;
    }

    /// <summary>Finds an image's features.</summary>
    /// <param name="contentHash">SHA-256 of the image file, 32 bytes.</param>
    /// <param name="destination">[D], written only where the row is found.</param>
    /// <returns>Whether the row is there, and whole.</returns>
    /// <exception cref="ArgumentException">The hash is not 32 bytes long, or the destination not D.</exception>
    public bool TryRead(ReadOnlySpan<byte> contentHash, Span<float> destination)
    {
        CheckLengths(contentHash, destination);
        ulong key = BinaryPrimitives.ReadUInt64LittleEndian(contentHash);
        (FeatureCacheSegment Segment, int Index) place;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_index.TryGetValue(key, out place))
                return false;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(_format.RecordLength);
        try
        {
            Span<byte> record = buffer.AsSpan(0, _format.RecordLength);
            if (!TryRead(place.Segment, place.Index, record))
                return Drop(key, place);
            if (!record.StartsWith(contentHash))
                return false;
            FeatureCacheFormat.ReadRow(record, destination);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Keeps an image's features. Once this returns, they outlive the process, unless <see cref="Notice"/> says otherwise.</summary>
    /// <param name="contentHash">SHA-256 of the image file, 32 bytes.</param>
    /// <param name="row">[D].</param>
    /// <exception cref="ArgumentException">The hash is not 32 bytes long, or the row not D.</exception>
    public void Append(ReadOnlySpan<byte> contentHash, ReadOnlySpan<float> row)
    {
        CheckLengths(contentHash, row);
        ulong key = BinaryPrimitives.ReadUInt64LittleEndian(contentHash);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_unwritable || _index.ContainsKey(key) || IsFull())
                return;
            try
            {
                FeatureCacheSegment segment = OwnSegment();
                _index[key] = (segment, segment.Append(contentHash, row));
                _ownByteCount += _format.RecordLength;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                StopWriting(exception);
            }
        }
    }

    /// <summary>Closes the files and evicts what is beyond the limit.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            foreach (FeatureCacheSegment segment in _segments)
                segment.Dispose();
        }

        using FeatureCacheUpkeep? upkeep = FeatureCacheUpkeep.TryBegin(_options);
        upkeep?.Evict();
    }

    private static bool TryRead(FeatureCacheSegment segment, int index, Span<byte> record)
    {
        try
        {
            return segment.TryRead(index, record);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Forgets a damaged record, so that its row is computed and appended anew; always false.</summary>
    private bool Drop(ulong key, (FeatureCacheSegment Segment, int Index) place)
    {
        lock (_lock)
        {
            if (_index.TryGetValue(key, out (FeatureCacheSegment Segment, int Index) known) && known == place)
            {
                _index.Remove(key);
                Interlocked.Increment(ref _damagedRecordCount);
            }
        }

        return false;
    }

    // Once everything older is evicted, what is beyond the limit would be its own.
    private bool IsFull()
    {
        if (_ownByteCount + _format.RecordLength <= _options.MaxByteCount)
            return false;
        Notice ??= $"The feature cache in {_options.Folder} is full at {_options.MaxByteCount >> 20} MiB: the rest is computed again each time.";
        return true;
    }

    /// <summary>The segment to append to; a new one for the first row and whenever the last is full.</summary>
    private FeatureCacheSegment OwnSegment()
    {
        if (_own is null || _own.Length >= MaxSegmentLength)
        {
            _own = CreateSegment();
            _segments.Add(_own);
        }

        return _own;
    }

    private FeatureCacheSegment CreateSegment()
    {
        for (int attempt = 1; ; attempt++)
        {
            FeatureCacheSegment segment = FeatureCacheSegment.Create(FeatureCacheUpkeep.NewSegmentPath(_folder), _format);
            try
            {
                segment.Publish();
                return segment;
            }
            catch (IOException) when (attempt < MaxCreateAttemptCount)
            {
                segment.Dispose();
            }
        }
    }

    private void TidyAndIndex()
    {
        using FeatureCacheUpkeep? upkeep = _unwritable ? null : FeatureCacheUpkeep.TryBegin(_options);
        if (upkeep is not null)
        {
            Interlocked.Add(ref _damagedRecordCount, FeatureCacheUpkeep.Merge(_folder, _format));
            upkeep.Evict();
        }

        try
        {
            foreach (string path in FeatureCacheUpkeep.SegmentPaths(_folder))
                IndexSegment(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Notice ??= $"The feature cache cannot be read ({exception.Message}): features are computed again.";
        }
    }

    /// <summary>Adds a segment's records to the index; what cannot be opened is left out.</summary>
    private void IndexSegment(string path)
    {
        try
        {
            FeatureCacheSegment? segment = FeatureCacheSegment.OpenRead(path, _format);
            if (segment is null)
                return;
            _segments.Add(segment);
            if (segment.EndsTorn)
                Interlocked.Increment(ref _damagedRecordCount);
            Span<byte> hash = stackalloc byte[sizeof(ulong)];
            for (int i = 0; i < segment.RecordCount; i++)
            {
                segment.ReadHash(i, hash);
                _index.TryAdd(BinaryPrimitives.ReadUInt64LittleEndian(hash), (segment, i));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Notice ??= $"Part of the feature cache cannot be read ({exception.Message}): its features are computed again.";
        }
    }

    private void StopWriting(Exception exception)
    {
        _unwritable = true;
        Notice = $"Features are not kept for the next run: {exception.Message} Free the folder {_options.Folder} or name another for the cache.";
    }

    private void CheckLengths(ReadOnlySpan<byte> contentHash, ReadOnlySpan<float> row)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(contentHash.Length, FeatureCacheFormat.HashLength);
        ArgumentOutOfRangeException.ThrowIfNotEqual(row.Length, _columnCount);
    }
}
