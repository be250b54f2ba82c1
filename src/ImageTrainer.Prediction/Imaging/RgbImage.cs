namespace ImageTrainer.Imaging;

/// <summary>A decoded image: upright, sRGB, opaque.</summary>
/// <param name="Width">Width in pixels, at least 1.</param>
/// <param name="Height">Height in pixels, at least 1.</param>
/// <param name="Pixels">[H, W, 3], row-major, RGB, 0..255.</param>
public sealed record RgbImage(int Width, int Height, byte[] Pixels);
