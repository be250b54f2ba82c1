using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Data.SurfaceDefects;

/// <summary>What set of pictures <see cref="SurfaceDefectSamples"/> draws.</summary>
public sealed record SurfaceDefectOptions
{
    /// <summary>Pictures of each class, 1 to 100,000; default 40.</summary>
    [Range(1, 100_000)]
    public int ImagesPerClass { get; init; } = 40;

    /// <summary>Width and height of a picture in pixels, 32 to 2,048; default 224. Everything drawn grows with it.</summary>
    [Range(32, 2048)]
    public int ImageSize { get; init; } = 224;

    /// <summary>Another seed gives other pictures of the same kinds; any number, default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>JPEG quality, 1 to 100; default 92.</summary>
    [Range(1, 100)]
    public int JpegQuality { get; init; } = 92;

    /// <summary>Reports every option that is out of its range, together.</summary>
    /// <exception cref="ArgumentException">There is one, or several.</exception>
    internal void Validate()
    {
        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(this, new ValidationContext(this), faults, validateAllProperties: true))
            throw new ArgumentException(string.Join(' ', faults.Select(fault => fault.ErrorMessage)));
    }
}
