namespace ImageTrainer.Imaging;

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
