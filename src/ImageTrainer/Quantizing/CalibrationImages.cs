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
        IReadOnlyList<LabeledImage> images, ImagePreprocessing preprocessing, int count, int threadCount, CancellationToken cancellationToken)
    {
        var reader = new ImageReader();
        var read = new List<float[]>();
        int drawn = 0;
        while (drawn < images.Count && read.Count < count)
        {
            LabeledImage[] next = [.. images.Skip(drawn).Take(count - read.Count)];
            drawn += next.Length;
            read.AddRange(
                ParallelMap.Run(next, image => TryRead(reader, image.Path, preprocessing), threadCount, cancellationToken).OfType<float[]>());
        }

        return new CalibrationImages(read, drawn);
    }

    // Null where the image is unreadable: featurizing meets the same file and reports it.
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
