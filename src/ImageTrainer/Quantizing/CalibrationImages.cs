using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Quantizing;

/// <summary>Images to calibrate on, decoded.</summary>
/// <param name="Pixels">Each [3, H, W], RGB, 0..255.</param>
/// <param name="Hashes">Content of each file.</param>
/// <param name="DrawnCount">How many images were looked at to get them: unreadable ones are passed over.</param>
internal sealed record CalibrationImages(IReadOnlyList<float[]> Pixels, IReadOnlyList<ContentHash> Hashes, int DrawnCount)
{
    /// <summary>Reads images in order until enough are had.</summary>
    /// <param name="images">The images, in the order of the draw.</param>
    /// <param name="preprocessing">How they become the network's input.</param>
    /// <param name="count">How many to read, fewer only where there are no more.</param>
    /// <param name="cancellationToken">Looked at between images.</param>
    public static CalibrationImages Read(
        IReadOnlyList<LabeledImage> images, ImagePreprocessing preprocessing, int count, CancellationToken cancellationToken)
    {
        var reader = new ImageReader();
        var pixels = new List<float[]>();
        var hashes = new List<ContentHash>();
        int drawn = 0;
        for (; drawn < images.Count && pixels.Count < count; drawn++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using ImageContent content = ImageContent.FromFile(images[drawn].Path);
                float[] planes = new float[preprocessing.PixelLength];
                reader.ReadPixels(content.Bytes, preprocessing, planes);
                pixels.Add(planes);
                hashes.Add(ContentHash.Of(content.Bytes.Span));
            }
            catch (ImageDecodeException)
            {
                // Featurizing meets the same file and reports it.
            }
        }

        return new CalibrationImages(pixels, hashes, drawn);
    }
}
