using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Featurizing;

/// <summary>Where computed features are kept between runs, and how much of them.</summary>
public sealed record FeatureCacheOptions
{
    /// <summary>Folder of the cache; made when missing. May be shared by any number of processes, and deleted at any time.</summary>
    [Required]
    public required string Folder { get; init; }

    /// <summary>Bytes the folder may hold, 0 or more, over all networks; beyond them the oldest files go first. Default 4 GiB.</summary>
    [Range(typeof(long), "0", "9223372036854775807", ErrorMessage = "The field {0} must be 0 or more.")]
    public long MaxByteCount { get; init; } = 4L << 30;
}
