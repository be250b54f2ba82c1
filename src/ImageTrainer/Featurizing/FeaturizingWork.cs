using ImageTrainer.Data;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Featurizing;

/// <summary>The state of featurizing one data set: every image is missing, done or bad. Each index is worked on by one thread at a time.</summary>
internal sealed class FeaturizingWork
{
    private readonly ImageDataset _dataset;
    private readonly IReadOnlyList<LabeledImage> _images;
    private readonly int _columnCount;
    private readonly float[] _values;
    private readonly ContentHash[] _hashes;
    private readonly bool[] _isDone;
    private readonly string?[] _faults;
    private readonly IProgress<FeaturizingProgress>? _progress;
    private readonly Lock _reporting = new();
    private int _cachedCount;
    private int _computedCount;
    private int _badCount;

    /// <summary>Begins with every image missing.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="columnCount">D.</param>
    /// <param name="progress">Told of every image that is done or bad, or null.</param>
    public FeaturizingWork(ImageDataset dataset, int columnCount, IProgress<FeaturizingProgress>? progress)
    {
        IReadOnlyList<LabeledImage> images = dataset.Images;
        (_dataset, _images) = (dataset, images);
        _columnCount = columnCount;
        _progress = progress;
        _values = new float[images.Count * columnCount];
        _hashes = new ContentHash[images.Count];
        _isDone = new bool[images.Count];
        _faults = new string?[images.Count];
    }

    /// <summary>Does something with the bytes of an image file, which are gone afterwards.</summary>
    public delegate void UseContent(ReadOnlyMemory<byte> content, string path, Span<float> pixels);

    /// <summary>Takes the rows that the cache has, by the files' hashes: those that are known from loading or splitting, or else of what is read here.</summary>
    /// <param name="cache">The cache, or null where there is none.</param>
    /// <param name="threadCount">Threads that read, 1 or more.</param>
    /// <param name="missing">Called for every image that is to be computed, from any thread.</param>
    /// <param name="cancellationToken">Looked at between images.</param>
    public void TakeFromCache(FeatureCache? cache, int threadCount, Action missing, CancellationToken cancellationToken)
    {
        if (cache is null) return;
        var options = new ParallelOptions { MaxDegreeOfParallelism = threadCount, CancellationToken = cancellationToken };
        Parallel.For(0, _images.Count, options, index =>
        {
            if (_dataset.FindHash(_images[index]) is { } known) Take(index, known);
            else Attempt(index, [], (content, _, _) => Take(index, ContentHash.Of(content.Span)));
        });

        void Take(int index, ContentHash hash)
        {
            if (!cache.TryRead(Bytes(hash, stackalloc byte[ContentHash.ByteCount]), Row(index)))
            {
                missing();
                return;
            }

            _hashes[index] = hash;
            _isDone[index] = true;
            Report(ref _cachedCount);
        }
    }

    /// <summary>The images that are neither done nor known to be bad.</summary>
    public int[] MissingIndices() =>
        Enumerable.Range(0, _images.Count).Where(index => !_isDone[index] && _faults[index] is null).ToArray();

    /// <summary>Reads, hashes and decodes one image; false where it is bad, which is then on record.</summary>
    public bool Decode(int index, Span<float> pixels, UseContent decode) => Attempt(index, pixels, (content, path, span) =>
    {
        _hashes[index] = ContentHash.Of(content.Span);
        decode(content, path, span);
    });

    /// <summary>Takes the computed features of one image, and hands them to the cache.</summary>
    public void Take(int index, ReadOnlySpan<float> row, FeatureCache? cache)
    {
        row.CopyTo(Row(index));
        cache?.Append(Bytes(_hashes[index], stackalloc byte[ContentHash.ByteCount]), row);
        _isDone[index] = true;
        Report(ref _computedCount);
    }

    /// <summary>Gathers what is done and what is bad.</summary>
    public FeaturizedImages Complete()
    {
        int[] done = Enumerable.Range(0, _images.Count).Where(index => _isDone[index]).ToArray();
        var all = new FeatureMatrix(_values, _images.Count, _columnCount);
        BadImage[] bad = Enumerable.Range(0, _images.Count)
            .Where(index => _faults[index] is not null)
            .Select(index => new BadImage(_images[index], _faults[index]!))
            .ToArray();
        return new FeaturizedImages(
            done.Length == _images.Count ? all : all.Rows(done),
            done.Select(index => _images[index]).ToArray(),
            done.Select(index => _hashes[index]).ToArray(),
            bad,
            _cachedCount);
    }

    private bool Attempt(int index, Span<float> pixels, UseContent work)
    {
        try
        {
            using ImageContent content = ImageContent.FromFile(_images[index].Path);
            work(content.Bytes, _images[index].Path, pixels);
            return true;
        }
        catch (ImageDecodeException exception)
        {
            _faults[index] = exception.Reason;
            Report(ref _badCount);
            return false;
        }
    }

    private static ReadOnlySpan<byte> Bytes(ContentHash hash, Span<byte> buffer)
    {
        hash.CopyTo(buffer);
        return buffer;
    }

    private Span<float> Row(int index) => _values.AsSpan(index * _columnCount, _columnCount);

    // Under the lock, so that listeners hear of one image at a time and never of fewer than before.
    private void Report(ref int count)
    {
        lock (_reporting)
        {
            count++;
            int doneCount = _cachedCount + _computedCount + _badCount;
            _progress?.Report(new FeaturizingProgress(doneCount, _images.Count, _cachedCount, _badCount));
        }
    }
}

/// <summary>Features that are computed on other threads until somebody asks for them. For one caller at a time.</summary>
internal sealed class BegunFeaturizing : IProgress<FeaturizingProgress>
{
    private readonly Task<FeaturizedImages> _images;
    private readonly Lock _reporting = new();
    private FeaturizingProgress? _last;
    private IProgress<FeaturizingProgress>? _listener;

    /// <summary>Begins, and does not wait.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="featurize">Called once, on another thread; reports to what it is given.</param>
    public BegunFeaturizing(ImageDataset dataset, Func<IProgress<FeaturizingProgress>, FeaturizedImages> featurize)
    {
        Dataset = dataset;
        _images = BackgroundLoading.Start(() => featurize(this));
    }

    /// <summary>The images.</summary>
    public ImageDataset Dataset { get; }

    /// <summary>Waits for the features; what went wrong is thrown here.</summary>
    /// <param name="progress">Told how far it has come already, and of every image from then on; or null.</param>
    /// <param name="cancellationToken">Ends the waiting, not the work.</param>
    public FeaturizedImages Take(IProgress<FeaturizingProgress>? progress, CancellationToken cancellationToken)
    {
        Listen(progress);
        Task.WaitAny([_images], cancellationToken);
        return _images.GetAwaiter().GetResult();
    }

    /// <summary>Waits until nothing is at work any more, whatever came of it.</summary>
    public void Wait() => Task.WaitAny(_images);

    void IProgress<FeaturizingProgress>.Report(FeaturizingProgress value)
    {
        lock (_reporting)
        {
            _last = value;
            _listener?.Report(value);
        }
    }

    private void Listen(IProgress<FeaturizingProgress>? progress)
    {
        lock (_reporting)
        {
            _listener = progress;
            if (_last is not null) progress?.Report(_last);
        }
    }
}
