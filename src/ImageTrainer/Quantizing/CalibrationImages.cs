using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Quantizing;

/// <summary>Images to calibrate on, decoded.</summary>
/// <param name="Pixels">Each [3, H, W], RGB, 0..255.</param>
/// <param name="DrawnCount">How many images were looked at to get them: unreadable ones are passed over.</param>
internal sealed record CalibrationImages(IReadOnlyList<float[]> Pixels, int DrawnCount)
{
    /// <summary>Reads images in order until enough are had.</summary>
    /// <param name="images">The images, in the order of the draw.</param>
    /// <param name="preprocessing">How they become the network's input.</param>
    /// <param name="count">How many to read, fewer only where there are no more.</param>
    /// <param name="threadCount">Threads that decode, 1 or more.</param>
    /// <param name="cancellationToken">Looked at between images.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CalibrationImages Read(
        IReadOnlyList<LabeledImage> images,
        ImagePreprocessing preprocessing,
        int count,
        int threadCount,
        CancellationToken cancellationToken)
    {
        var reader = new ImageReader();
        var read = new List<float[]>();
        int drawn = 0;
        while (drawn < images.Count && read.Count < count)
        {
            LabeledImage[] next = [.. images.Skip(drawn).Take(count - read.Count)];
            drawn += next.Length;
            float[]?[] pixels = ParallelMap.Run(next, image => TryRead(reader, image.Path, preprocessing), threadCount, cancellationToken);
            read.AddRange(pixels.OfType<float[]>());
        }

        return new CalibrationImages(read, drawn);
    }

    /// <summary>Null where the image is unreadable: featurizing meets the same file and reports it.</summary>
    private static float[]? TryRead(ImageReader reader, string path, ImagePreprocessing preprocessing)
    {
        try
        {
            using ImageContent content = ImageContent.FromFile(path);
            float[] pixels = new float[preprocessing.PixelLength];
            reader.ReadPixels(content.Bytes, preprocessing, pixels);
            return pixels;
        }
        catch (ImageDecodeException)
        {
            return null;
        }
    }
}

/// <summary>Which training images a network is calibrated and checked on.</summary>
internal static class SampleOrder
{
    /// <summary>
    /// Draws up to half of each class, shuffled, one class after the other in turn: every start of the list is as even as can be, and each
    /// class keeps images for a head to be fitted on.
    /// </summary>
    /// <param name="labels">Label of each image.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>Indices into <paramref name="labels"/>, each once.</returns>
    public static int[] Draw(IEnumerable<string> labels, int seed)
    {
        string[] classes = [.. labels];
        int[] shuffled = [.. Enumerable.Range(0, classes.Length)];
        new Random(seed).Shuffle(shuffled);
        return
        [
            .. shuffled.GroupBy(index => classes[index], StringComparer.Ordinal)
                .OrderBy(members => members.Key, StringComparer.Ordinal)
                .SelectMany((members, place) => members.Take(members.Count() / 2).Select((index, turn) => (index, turn, place)))
                .OrderBy(drawn => (drawn.turn, drawn.place))
                .Select(drawn => drawn.index),
        ];
    }
}

/// <summary>
/// The same work for each of some items, on several threads. PLINQ does so too, at the price of a tenth of a second to be compiled.
/// </summary>
internal static class ParallelMap
{
    /// <summary>Gives the results in the order of the items.</summary>
    /// <param name="items">The items.</param>
    /// <param name="work">Called once an item, from any thread.</param>
    /// <param name="threadCount">Threads at most, 1 or more.</param>
    /// <param name="cancellationToken">Looked at between items.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static TResult[] Run<T, TResult>(
        IReadOnlyList<T> items, Func<T, TResult> work, int threadCount, CancellationToken cancellationToken = default)
    {
        var results = new TResult[items.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threadCount, CancellationToken = cancellationToken };
        Parallel.For(0, items.Count, options, index => results[index] = work(items[index]));
        return results;
    }
}
