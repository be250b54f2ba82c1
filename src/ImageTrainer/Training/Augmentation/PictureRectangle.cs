namespace ImageTrainer.Training.Augmentation;

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
