using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Imaging;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>
/// The images of one run of the network, from listing to writing. Their places in the share alone decide which images go together, so
/// that it is the same in every run, also in one that is resumed. Its arrays are used again.
/// </summary>
/// <param name="size">Images it holds, 1 or more.</param>
/// <param name="pixelLength">Floats of one image's pixels.</param>
/// <param name="labels">The model's labels, [K].</param>
/// <param name="featureCount">D, or 0 where features are not wanted.</param>
internal sealed class ScoringBatch(int size, int pixelLength, IReadOnlyList<string> labels, int featureCount)
{
    private readonly PlacedImage[] _images = new PlacedImage[size];
    private readonly ImageDecodeException?[] _errors = new ImageDecodeException?[size];

    /// <summary>Where an image stands among those that the network runs over.</summary>
    private readonly int[] _rows = new int[size];

    /// <summary>Images that are not settled yet.</summary>
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
    public float[] Scores { get; } = new float[size * labels.Count];

    /// <summary>[N, D].</summary>
    public float[] Features { get; } = new float[size * featureCount];

    /// <summary>Empties it for other images.</summary>
    public void Start(long sequence) => (Sequence, Count) = (sequence, 0);

    /// <summary>Adds an image; it is not <see cref="IsFull"/>.</summary>
    public void Add(PlacedImage image)
    {
        _errors[Count] = image.Image.Error;
        _images[Count++] = image;
        _waitingCount = Count;
    }

    /// <summary>The image in a slot.</summary>
    public PlacedImage this[int slot] => _images[slot];

    /// <summary>Where the pixels of a slot go.</summary>
    public Span<float> PixelsOf(int slot) => Pixels.AsSpan(slot * pixelLength, pixelLength);

    /// <summary>Says that a slot is read and decoded, or cannot be; true for the last one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="error">Why it cannot, or null.</param>
    public bool IsLastToSettle(int slot, ImageDecodeException? error)
    {
        _errors[slot] = error;
        return Interlocked.Decrement(ref _waitingCount) == 0;
    }

    /// <summary>Moves the pixels that are there together.</summary>
    public void Close()
    {
        RunCount = 0;
        for (int slot = 0; slot < Count; slot++)
        {
            if (_errors[slot] is not null) continue;
            if (slot != RunCount) PixelsOf(slot).CopyTo(PixelsOf(RunCount));
            _rows[slot] = RunCount++;
        }
    }

    /// <summary>The row of an image, valid until the batch is used again.</summary>
    public ScoredRow RowOf(int slot)
    {
        (PlacedImage image, int row) = (_images[slot], _rows[slot]);
        if (_errors[slot] is { } error) return new ScoredRow(image.Position, image.Image, Prediction: null, Features: default, error);
        var prediction = new ImagePrediction(Scores.AsSpan(row * labels.Count, labels.Count).ToArray(), labels);
        return new ScoredRow(image.Position, image.Image, prediction, Features.AsMemory(row * featureCount, featureCount), Error: null);
    }
}
