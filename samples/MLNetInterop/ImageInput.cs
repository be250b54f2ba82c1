namespace MLNetInterop;

/// <summary>What goes into the model.</summary>
public sealed class ImageInput
{
    /// <summary>Path of an image, from the current folder or the root.</summary>
    public string ImagePath { get; set; } = "";
}
