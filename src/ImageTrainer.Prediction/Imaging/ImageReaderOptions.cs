using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Imaging;

/// <summary>What an <see cref="ImageReader"/> accepts.</summary>
public sealed record ImageReaderOptions
{
    /// <summary>
    /// Largest number of pixels (width times height) an image may have; larger ones are refused by their header, before
    /// any pixel is decoded. Default 100 million, at most 700 million: three bytes each fill the largest array .NET has.
    /// </summary>
    [Range(1.0, 700_000_000.0)]
    public long MaxPixelCount { get; init; } = 100_000_000;
}
