namespace ImageTrainer.Training.Augmentation;

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
