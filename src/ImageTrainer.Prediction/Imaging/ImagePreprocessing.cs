namespace ImageTrainer.Imaging;

/// <summary>
/// How an image becomes the network's input <c>Pixels</c>, float [N, 3, H, W], RGB, 0..255. Normalisation is part of the network.
/// </summary>
public sealed record ImagePreprocessing
{
    /// <summary>Width of the network's input in pixels; default 224.</summary>
    public int Width { get; init; } = 224;

    /// <summary>Height of the network's input in pixels; default 224.</summary>
    public int Height { get; init; } = 224;

    /// <summary>How other shapes are brought to it; default <see cref="ResizeMode.Crop"/>.</summary>
    public ResizeMode ResizeMode { get; init; } = ResizeMode.Crop;

    /// <summary>Number of floats one image takes: 3 * H * W.</summary>
    public int PixelLength => 3 * Height * Width;
}

/// <summary>How an image of any shape becomes one of the network's shape. The names in brackets are ML.NET's.</summary>
public enum ResizeMode
{
    /// <summary>Cover the target, keeping the aspect ratio, and cut off what juts out, the centre kept (IsoCrop).</summary>
    Crop,

    /// <summary>Fit inside the target, keeping the aspect ratio, and fill the rest with black, the image centred (IsoPad).</summary>
    Pad,

    /// <summary>Stretch to the target, ignoring the aspect ratio (Fill).</summary>
    Fill,
}
