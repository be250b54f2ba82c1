using ImageTrainer.Batch.Listing;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>
/// The images of one run of the network, from listing to writing. Which images go together is decided by their places in the share alone, so
/// that it is the same in every run, also in one that is resumed. Its arrays are used again.
/// </summary>
/// <param name="size">Images it holds, 1 or more.</param>
/// <param name="pixelLength">Floats of one image's pixels.</param>
/// <param name="labelCount">K.</param>
/// <param name="featureCount">D, or 0 where features are not wanted.</param>
internal sealed class ScoringBatch(int size, int pixelLength, int labelCount, int featureCount)
{
    private readonly PlacedImage[] _images = new PlacedImage[size];
    private readonly string?[] _faults = new string?[size];
    private readonly int[] _rows = new int[size];
    private int _waitingCount;

    /// <summary>Number of the batch in the job, from 0.</summary>
    public long Sequence { get; private set; }

    /// <summary>Images in it.</summary>
    public int Count { get; private set; }

    /// <summary>Images of it that the network runs over.</summary>
    public int RunCount { get; private set; }

    /// <summary>Whether no more images fit.</summary>
    public bool IsFull => Count == size;

    /// <summary>[N, 3, H, W]; after <see cref="Close"/> the first <see cref="RunCount"/> images of it count.</summary>
    public float[] Pixels { get; } = new float[size * pixelLength];

    /// <summary>[N, K].</summary>
    public float[] Scores { get; } = new float[size * labelCount];

    /// <summary>[N, D].</summary>
    public float[] Features { get; } = new float[size * featureCount];

    /// <summary>Empties it for other images.</summary>
    public void Start(long sequence) => (Sequence, Count) = (sequence, 0);

    /// <summary>Adds an image; it is not <see cref="IsFull"/>.</summary>
    public void Add(PlacedImage image)
    {
        _faults[Count] = image.Image.Fault;
        _images[Count++] = image;
        _waitingCount = Count;
    }

    /// <summary>The image in a slot.</summary>
    public PlacedImage this[int slot] => _images[slot];

    /// <summary>Where the pixels of a slot go.</summary>
    public Span<float> PixelsOf(int slot) => Pixels.AsSpan(slot * pixelLength, pixelLength);

    /// <summary>Says that a slot is read and decoded, or cannot be; true for the last one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="fault">Why it cannot, or null.</param>
    public bool IsLastToSettle(int slot, string? fault)
    {
        _faults[slot] = fault;
        return Interlocked.Decrement(ref _waitingCount) == 0;
    }

    /// <summary>Moves the pixels that are there together.</summary>
    public void Close()
    {
        RunCount = 0;
        for (int slot = 0; slot < Count; slot++)
        {
            if (_faults[slot] is not null) continue;
            if (slot != RunCount) PixelsOf(slot).CopyTo(PixelsOf(RunCount));
            _rows[slot] = RunCount++;
        }
    }

    /// <summary>The row of an image, valid until the batch is used again.</summary>
    public ScoredRow RowOf(int slot)
    {
        string? fault = _faults[slot];
        int row = _rows[slot];
        return new ScoredRow(
            _images[slot].Position,
            _images[slot].Image,
            fault is null ? Scores.AsMemory(row * labelCount, labelCount) : default,
            fault is null ? Features.AsMemory(row * featureCount, featureCount) : default,
            fault);
    }
}
