using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>An opened image: its header is read, its pixels are not. For one thread; whoever opened it disposes it.</summary>
internal interface IPixelSource : IDisposable
{
    /// <summary>Width in pixels as stored.</summary>
    int Width { get; }

    /// <summary>Height in pixels as stored, of the first frame or page.</summary>
    int Height { get; }

    /// <summary>How the stored pixels are turned upright.</summary>
    ExifOrientation Orientation { get; }

    /// <summary>Says why decoding this image would be out of proportion, or gives null where it is not.</summary>
    /// <param name="maxPixelCount">Largest number of pixels an image may have.</param>
    string? Refusal(long maxPixelCount);

    /// <summary>Gives the pixels, from top to bottom and once; the source disposes them.</summary>
    /// <param name="shrink">1, 2, 4 or 8: the factor by which the image may be smaller than its header says.</param>
    /// <exception cref="VipsException">The image is damaged, as libvips finds.</exception>
    /// <exception cref="ImageDefectException">The image is damaged, as its source finds.</exception>
    Image Load(int shrink);
}
