using System.Numerics;
using System.Numerics.Tensors;
using ImageTrainer.Imaging;

namespace ImageTrainer.Training.Augmentation;

/// <summary>
/// A crop, a turn and a mirror image in one: an affine map from the places of the result, from -1 to 1 on both axes, to those of the
/// picture ("Going deeper with convolutions", Szegedy et al., 2015, section 6, has crops of random area and aspect).
/// </summary>
internal static class PictureWarp
{
    /// <summary>Draws a map.</summary>
    public static Matrix3x2 Draw(AugmentationStrength strength, SplittableRandom random)
    {
        float area = random.Between(strength.LeastArea, 1);
        float aspect = MathF.Exp(random.Between(-1, 1) * MathF.Log(strength.GreatestAspect));
        float width = Math.Min(1, MathF.Sqrt(area * aspect)), height = Math.Min(1, MathF.Sqrt(area / aspect));
        float x = random.Between(width - 1, 1 - width), y = random.Between(height - 1, 1 - height);
        float turn = random.Between(-1, 1) * strength.GreatestTurn;
        float mirror = random.Chance(strength.FlipFraction) ? -1 : 1;
        return Matrix3x2.CreateScale(mirror * width, height) * Matrix3x2.CreateRotation(turn) * Matrix3x2.CreateTranslation(x, y);
    }

    /// <summary>Samples a picture; places outside it take its nearest edge, and between pixels colours are interpolated linearly.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="map">From places of the result to those of the picture.</param>
    /// <param name="size">Width and height of the result.</param>
    /// <param name="pixels">Receives [3, H, W], 0..255.</param>
    public static void Apply(RgbImage picture, Matrix3x2 map, (int Width, int Height) size, Span<float> pixels)
    {
        int plane = size.Width * size.Height;
        Vector2 step = Vector2.TransformNormal(new Vector2(2f / size.Width, 0), map) * new Vector2(picture.Width, picture.Height) / 2;
        for (int row = 0; row < size.Height; row++)
        {
            Vector2 place = Vector2.Transform(new Vector2((1f / size.Width) - 1, ((2f * row) + 1) / size.Height - 1), map);
            Vector2 at = ((place + Vector2.One) / 2 * new Vector2(picture.Width, picture.Height)) - new Vector2(0.5f);
            for (int column = 0; column < size.Width; column++)
            {
                Vector3 colour = Sample(picture, at + (step * column));
                int index = (row * size.Width) + column;
                (pixels[index], pixels[plane + index], pixels[(2 * plane) + index]) = (colour.X, colour.Y, colour.Z);
            }
        }
    }

    private static Vector3 Sample(RgbImage picture, Vector2 at)
    {
        at = Vector2.Clamp(at, Vector2.Zero, new Vector2(picture.Width - 1, picture.Height - 1));
        int left = (int)at.X, top = (int)at.Y;
        int right = Math.Min(left + 1, picture.Width - 1), bottom = Math.Min(top + 1, picture.Height - 1);
        Vector3 above = Vector3.Lerp(Colour(picture, left, top), Colour(picture, right, top), at.X - left);
        Vector3 below = Vector3.Lerp(Colour(picture, left, bottom), Colour(picture, right, bottom), at.X - left);
        return Vector3.Lerp(above, below, at.Y - top);
    }

    private static Vector3 Colour(RgbImage picture, int x, int y)
    {
        ReadOnlySpan<byte> pixel = picture.Pixels.AsSpan(((y * picture.Width) + x) * 3, 3);
        return new Vector3(pixel[0], pixel[1], pixel[2]);
    }
}

/// <summary>A rectangle of a picture.</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
internal readonly record struct PictureRectangle(int Left, int Top, int Width, int Height)
{
    /// <summary>Draws a rectangle inside a picture.</summary>
    /// <param name="share">Its share of the picture's area, 0 to 1.</param>
    /// <param name="size">The picture's width and height.</param>
    /// <param name="random">Draws its shape and place.</param>
    public static PictureRectangle Draw(float share, (int Width, int Height) size, SplittableRandom random)
    {
        float aspect = MathF.Exp(random.Between(-1, 1) * MathF.Log(2));
        int width = Math.Clamp((int)MathF.Round(size.Width * MathF.Sqrt(share * aspect)), 1, size.Width);
        int height = Math.Clamp((int)MathF.Round(size.Height * MathF.Sqrt(share / aspect)), 1, size.Height);
        return new PictureRectangle(random.Count(0, size.Width - width), random.Count(0, size.Height - height), width, height);
    }

    /// <summary>Its share of a picture's area.</summary>
    public float ShareOf((int Width, int Height) size) => (float)Width * Height / (size.Width * size.Height);

    /// <summary>Copies what it covers from another picture of the same size.</summary>
    public void Copy(ReadOnlySpan<float> source, Span<float> pixels, (int Width, int Height) size)
    {
        for (int channel = 0; channel < 3; channel++)
        {
            for (int row = Top; row < Top + Height; row++)
            {
                int start = (((channel * size.Height) + row) * size.Width) + Left;
                source.Slice(start, Width).CopyTo(pixels.Slice(start, Width));
            }
        }
    }

    /// <summary>Fills what it covers with the picture's mean colour: "Random Erasing Data Augmentation" (Zhong et al., 2020), section 3.</summary>
    public void Erase(Span<float> pixels, (int Width, int Height) size)
    {
        int plane = size.Width * size.Height;
        for (int channel = 0; channel < 3; channel++)
        {
            float mean = System.Numerics.Tensors.TensorPrimitives.Sum<float>(pixels.Slice(channel * plane, plane)) / plane;
            for (int row = Top; row < Top + Height; row++)
                pixels.Slice((channel * plane) + (row * size.Width) + Left, Width).Fill(mean);
        }
    }
}

/// <summary>Changes brightness, contrast and saturation a little, each by a factor of its own.</summary>
internal static class ColourJitter
{
    // ITU-R BT.601 luma.
    private static readonly float[] GreyWeights = [0.299f, 0.587f, 0.114f];

    /// <summary>Changes a picture in place.</summary>
    /// <param name="pixels">[3, H, W], 0..255.</param>
    /// <param name="change">Greatest change of each factor from 1.</param>
    /// <param name="random">Draws the factors.</param>
    public static void Apply(Span<float> pixels, float change, SplittableRandom random)
    {
        float brightness = random.Between(1 - change, 1 + change);
        float contrast = random.Between(1 - change, 1 + change);
        float saturation = random.Between(1 - change, 1 + change);
        if (change == 0) return;
        float[] grey = new float[pixels.Length / 3];
        for (int channel = 0; channel < 3; channel++)
            TensorPrimitives.MultiplyAdd(pixels.Slice(channel * grey.Length, grey.Length), GreyWeights[channel], grey, grey);
        float mean = TensorPrimitives.Sum<float>(grey) / grey.Length;
        for (int channel = 0; channel < 3; channel++)
        {
            Span<float> plane = pixels.Slice(channel * grey.Length, grey.Length);
            // saturation: grey + s (p - grey); contrast: mean + c (p - mean); brightness: b p
            TensorPrimitives.Subtract(plane, grey, plane);
            TensorPrimitives.MultiplyAdd(plane, saturation, grey, plane);
            TensorPrimitives.Multiply(plane, brightness * contrast, plane);
            TensorPrimitives.Add(plane, brightness * (1 - contrast) * mean, plane);
        }

        TensorPrimitives.Max(pixels, 0, pixels);
        TensorPrimitives.Min(pixels, 255, pixels);
    }
}
