namespace ImageTrainer.Imaging;

/// <summary>What an image's header says, without decoding a pixel.</summary>
/// <param name="Format">"jpeg", "png", "gif", "webp", "bmp", "tiff", "avif" or "heic", by content.</param>
/// <param name="Width">Width in pixels as stored: before an EXIF orientation is applied.</param>
/// <param name="Height">Height in pixels as stored; of the first frame or page where there are several.</param>
public readonly record struct ImageHeader(string Format, int Width, int Height);
