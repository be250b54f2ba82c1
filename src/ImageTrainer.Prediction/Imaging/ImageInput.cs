namespace ImageTrainer.Imaging;

/// <summary>An image that has not been read yet: a file, or the bytes of one.</summary>
/// <param name="Path">Path of the file; null where the bytes are here.</param>
/// <param name="Content">The bytes; empty where there is a path.</param>
internal readonly record struct ImageInput(string? Path, ReadOnlyMemory<byte> Content)
{
    /// <summary>Decodes it into a network's input.</summary>
    /// <param name="reader">Reads images.</param>
    /// <param name="preprocessing">The shape and how to get there.</param>
    /// <param name="destination">Receives [3, H, W].</param>
    /// <exception cref="ImageDecodeException">It cannot be read.</exception>
    public void ReadPixels(ImageReader reader, ImagePreprocessing preprocessing, Span<float> destination)
    {
        if (Path is null) reader.ReadPixels(Content, preprocessing, destination);
        else if (Path.Length > 0) reader.ReadPixels(Path, preprocessing, destination);
        else throw new ImageDecodeException(Path, "its path is empty");
    }
}
