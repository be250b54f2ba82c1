namespace ImageTrainer.Batch.Listing;

/// <summary>Something that names images, in an order that is the same every time.</summary>
internal interface IImageSource
{
    /// <summary>Whether it can be listed again: false of a stream.</summary>
    bool CanRepeat { get; }

    /// <summary>What the user should know of how it was listed, in whole sentences: complete once it has been.</summary>
    IReadOnlyCollection<string> Notices => [];

    /// <summary>Names the images one by one, without holding them all.</summary>
    /// <exception cref="ScoringInputException">It cannot be read, or makes no sense.</exception>
    IEnumerable<ListedImage> List();
}
