using ImageTrainer.Data;
using ImageTrainer.Imaging;

namespace ImageTrainer.Training.Augmentation;

/// <summary>Shows what augmentation makes of pictures: one row a picture, the plain one first, then one epoch after the other.</summary>
public static class AugmentationSheet
{
    private const int Gap = 4;

    /// <summary>Draws a sheet.</summary>
    /// <param name="images">The pictures, one row each: all readable.</param>
    /// <param name="labels">The labels of the data set, ordinal order.</param>
    /// <param name="preset">How far pictures are changed.</param>
    /// <param name="epochCount">Changed pictures in a row, 1 or more.</param>
    /// <param name="seed">Any number; the seed that training with the same pictures would have.</param>
    /// <returns>The sheet, white between the pictures.</returns>
    /// <exception cref="ImageDecodeException">A picture cannot be read.</exception>
    public static RgbImage Draw(
        IReadOnlyList<LabeledImage> images, IReadOnlyList<string> labels, AugmentationPreset preset, int epochCount, int seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfZero(images.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(epochCount, 1);
        var preprocessing = new ImagePreprocessing { Width = 160, Height = 160 };
        string[] paths = [.. images.Select(image => image.Path)];
        int[] classes = [.. images.Select(image => labels.ToList().IndexOf(image.Label))];
        var augmentation = new ImageAugmentation(AugmentationStrength.Of(preset, 0), paths, classes, preprocessing, seed);
        int step = preprocessing.Width + Gap;
        var sheet = new RgbImage(((epochCount + 1) * step) + Gap, (images.Count * step) + Gap, []);
        sheet = sheet with { Pixels = [.. Enumerable.Repeat(byte.MaxValue, 3 * sheet.Width * sheet.Height)] };
        float[] pixels = new float[preprocessing.PixelLength];
        var reader = new ImageReader();
        for (int row = 0; row < images.Count; row++)
        {
            for (int column = 0; column <= epochCount; column++)
            {
                if (column == 0) reader.ReadPixels(paths[row], preprocessing, pixels);
                else augmentation.Read(column, row, pixels);
                Paste(pixels, sheet, (Gap + (column * step), Gap + (row * step)), preprocessing);
            }
        }

        return sheet;
    }

    private static void Paste(float[] pixels, RgbImage sheet, (int Left, int Top) corner, ImagePreprocessing size)
    {
        int plane = size.Width * size.Height;
        for (int i = 0; i < plane; i++)
        {
            int at = (((corner.Top + (i / size.Width)) * sheet.Width) + corner.Left + (i % size.Width)) * 3;
            for (int channel = 0; channel < 3; channel++)
                sheet.Pixels[at + channel] = (byte)Math.Clamp(MathF.Round(pixels[(channel * plane) + i]), 0, 255);
        }
    }
}
