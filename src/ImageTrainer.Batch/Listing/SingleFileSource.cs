namespace ImageTrainer.Batch.Listing;

/// <summary>One file that is named itself. Whether it is there shows when it is read.</summary>
internal sealed class SingleFileSource(string path) : IImageSource
{
    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List() => [ListedImage.Of(path, path)];
}
