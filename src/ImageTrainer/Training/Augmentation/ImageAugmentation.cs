using System.Numerics.Tensors;
using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Training.Augmentation;

/// <summary>
/// Draws pictures anew every epoch. What an image looks like depends on (seed, epoch, image) alone, not on what was drawn before or
/// by which thread. A mixed picture's target is shared between the two classes: "mixup: Beyond Empirical Risk Minimization" (Zhang et al.,
/// 2018), equation 1, and "CutMix" (Yun et al., 2019), equation 1, both with shares drawn evenly.
/// </summary>
internal sealed class ImageAugmentation : IImageAugmentation
{
    // Pictures are decoded a little larger than the network's input, so that crops keep their detail.
    private const double Margin = 1.25;
    private const float GreatestErasedShare = 0.25f;

    private readonly AugmentationStrength _strength;
    private readonly IReadOnlyList<string> _paths;
    private readonly IReadOnlyList<int> _classes;
    private readonly ImagePreprocessing _decoding;
    private readonly (int Width, int Height) _size;
    private readonly int _seed;
    private readonly ImageReader _reader = new();

    /// <summary>Prepares to draw.</summary>
    /// <param name="strength">How far.</param>
    /// <param name="paths">Paths of the images.</param>
    /// <param name="classes">Class of each.</param>
    /// <param name="preprocessing">Size of the network's input, and how pictures are brought to it.</param>
    /// <param name="seed">Any number.</param>
    public ImageAugmentation(
        AugmentationStrength strength, IReadOnlyList<string> paths, IReadOnlyList<int> classes, ImagePreprocessing preprocessing, int seed)
    {
        (_strength, _paths, _classes, _seed) = (strength, paths, classes, seed);
        _size = (preprocessing.Width, preprocessing.Height);
        _decoding = preprocessing with
        {
            Width = (int)Math.Round(Margin * preprocessing.Width),
            Height = (int)Math.Round(Margin * preprocessing.Height),
        };
    }

    /// <summary>SHA-256 of each file; one that holds something else cannot be read. Null (default) where any content will do.</summary>
    public IReadOnlyList<ContentHash>? Hashes { get; init; }

    /// <inheritdoc/>
    public void Read(int epoch, int image, Span<float> pixels)
    {
        DrawAlone(epoch, image, pixels);
        if (Partner(epoch, image) is not { } partner) return;
        float[] other = new float[pixels.Length];
        DrawAlone(epoch, partner.Image, other);
        if (partner.Rectangle is { } rectangle)
        {
            rectangle.Copy(other, pixels, _size);
            return;
        }

        TensorPrimitives.Multiply(pixels, 1 - partner.Share, pixels);
        TensorPrimitives.MultiplyAdd(other, partner.Share, pixels, pixels);
    }

    /// <inheritdoc/>
    public void WriteTarget(int epoch, int image, Span<float> target)
    {
        (int Image, float Share, PictureRectangle?)? partner = Partner(epoch, image);
        float share = partner?.Share ?? 0;
        target[_classes[image]] += 1 - share;
        if (partner is { } other) target[_classes[other.Image]] += share;
    }

    private void DrawAlone(int epoch, int image, Span<float> pixels)
    {
        SplittableRandom random = RandomOf(epoch, image);
        using ImageContent content = Hashes is null ? ImageContent.FromFile(_paths[image]) : UnchangedFile.Read(_paths[image], Hashes[image]);
        RgbImage picture = _reader.Read(content.Bytes, _decoding, _paths[image]);
        PictureWarp.Apply(picture, PictureWarp.Draw(_strength, random.Fork("warp")), _size, pixels);
        ColourJitter.Apply(pixels, _strength.ColourChange, random.Fork("colour"));
        SplittableRandom erasing = random.Fork("erase");
        if (erasing.Chance(_strength.EraseFraction))
            PictureRectangle.Draw(erasing.Between(0.02f, GreatestErasedShare), _size, erasing).Erase(pixels, _size);
    }

    // The image's own share is the larger one: what it is called in the order of the epoch stays true.
    private (int Image, float Share, PictureRectangle? Rectangle)? Partner(int epoch, int image)
    {
        SplittableRandom random = RandomOf(epoch, image).Fork("mix");
        float kind = random.Next();
        if (kind >= _strength.MixupFraction + _strength.CutmixFraction) return null;
        int partner = random.Count(0, _paths.Count - 1);
        float share = random.Between(0, 0.5f);
        if (kind < _strength.MixupFraction) return (partner, share, null);
        var rectangle = PictureRectangle.Draw(share, _size, random);
        return (partner, rectangle.ShareOf(_size), rectangle);
    }

    private SplittableRandom RandomOf(int epoch, int image) => new SplittableRandom(_seed, "augmentation", epoch).Fork($"{image}");
}

/// <summary>Shows a network other pictures of the same things every epoch. Safe for concurrent use.</summary>
internal interface IImageAugmentation
{
    /// <summary>Reads an image as one epoch sees it; the same epoch and image give the same pixels.</summary>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="image">Number of the image.</param>
    /// <param name="pixels">Receives [3, H, W], RGB, 0..255.</param>
    void Read(int epoch, int image, Span<float> pixels);

    /// <summary>Writes what such an image shows: a share for each class, adding up to 1.</summary>
    /// <param name="epoch">Number of the epoch.</param>
    /// <param name="image">Number of the image.</param>
    /// <param name="target">Receives [K]; all 0 at first.</param>
    void WriteTarget(int epoch, int image, Span<float> target);
}

/// <summary>Reads image files that have been read before, and must not be other pictures by now.</summary>
internal static class UnchangedFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="expected">SHA-256 of what it held before.</param>
    /// <exception cref="ImageDecodeException">It cannot be read, is no image, or holds something else.</exception>
    public static ImageContent Read(string path, ContentHash expected)
    {
        ImageContent content = ImageContent.FromFile(path);
        if (ContentHash.Of(content.Bytes.Span) == expected) return content;
        content.Dispose();
        throw new ImageDecodeException(path, "it has changed since training began");
    }
}
