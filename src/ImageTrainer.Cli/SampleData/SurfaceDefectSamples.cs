using System.ComponentModel.DataAnnotations;
using System.Numerics;
using System.Runtime.ExceptionServices;
using ImageTrainer.Data;
using ImageTrainer.Imaging;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.SampleData;

/// <summary>
/// Draws labelled pictures of brushed metal, sound or damaged in one of four ways: something to train on where there are no photos.
/// </summary>
internal static class SurfaceDefectSamples
{
    /// <summary>The five classes, in ordinal order: crack, dent, ok, scratch, stain.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["crack", "dent", "ok", "scratch", "stain"];

    /// <summary>
    /// Writes <c>crack/crack-0000.jpg</c> and so on: a folder of JPEG pictures per class. The same options give the same files,
    /// on any number of threads; all cores are used.
    /// </summary>
    /// <param name="folder">The folder to write to; made where it is missing, and must be empty, for pictures of another seed would pass
    /// for these.</param>
    /// <param name="options">How many pictures, how large, and which.</param>
    /// <param name="progress">Told the number of pictures written so far, from several threads and not always in order; null for
    /// nobody.</param>
    /// <param name="cancellationToken">Stops after the pictures in work; those written remain.</param>
    /// <returns>The number of pictures written.</returns>
    /// <exception cref="ArgumentException">An option is out of its range; the message names each that is.</exception>
    /// <exception cref="DatasetException">The folder has something in it, or is a file.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The token asked for it.</exception>
    public static int WriteTo(
        string folder, SurfaceDefectOptions options, IProgress<int>? progress, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MakeFolders(folder);
        int total = Labels.Count * options.ImagesPerClass;
        int written = 0;
        try
        {
            Parallel.For(0, total, new ParallelOptions { CancellationToken = cancellationToken }, number =>
            {
                (int index, int label) = Math.DivRem(number, Labels.Count);
                Draw(Labels[label], index, options).SaveJpeg(PathOf(folder, Labels[label], index), options.JpegQuality);
                progress?.Report(Interlocked.Increment(ref written));
            });
        }
        catch (AggregateException failures)
        {
            // Callers expect the full disk itself, not that several threads ran into it.
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        return total;
    }

    /// <inheritdoc cref="WriteTo(string, SurfaceDefectOptions, IProgress{int}?, CancellationToken)"/>
    public static int WriteTo(string folder, SurfaceDefectOptions options, CancellationToken cancellationToken = default) =>
        WriteTo(folder, options, progress: null, cancellationToken);

    /// <summary>The path of one picture within a folder of them.</summary>
    internal static string PathOf(string folder, string label, int index) => Path.Combine(folder, label, $"{label}-{index:D4}.jpg");

    /// <summary>
    /// Draws one picture, which depends on nothing but these three; <see cref="SurfaceDefectOptions.ImagesPerClass"/> plays no part.
    /// </summary>
    /// <param name="label">One of <see cref="Labels"/>.</param>
    /// <param name="index">Number of the picture within its class.</param>
    /// <param name="options">Seed and size.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such label.</exception>
    internal static RgbImage Draw(string label, int index, SurfaceDefectOptions options)
    {
        var random = new SplittableRandom(options.Seed, label, index);
        var surface = new Surface(options.ImageSize, random.Between(0.8f, 1.3f));
        BrushedMetal.Lay(surface, random.Fork("metal"));
        Distractors.Draw(surface, random.Fork("distractors"));
        DrawDefect(label, surface, random.Fork("defect"));
        Vector3[] light = new Lighting(random.Fork("lighting")).Illuminate(surface);
        return Camera.Expose(light, surface.Size, random.Fork("camera"));
    }

    /// <summary>Makes a folder a class.</summary>
    /// <exception cref="DatasetException">There is a file of that name, or the folder has something in it.</exception>
    private static void MakeFolders(string folder)
    {
        if (File.Exists(folder))
            throw new DatasetException(folder, $"'{folder}' is a file. Name a new or an empty folder for the pictures.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DatasetException(folder, $"The folder '{folder}' is not empty. Name a new or an empty folder for the pictures.");
        foreach (string label in Labels)
            Directory.CreateDirectory(Path.Combine(folder, label));
    }

    /// <summary>Draws what is wrong with the metal; nothing for "ok".</summary>
    private static void DrawDefect(string label, Surface surface, SplittableRandom random)
    {
        switch (label)
        {
            case "ok":
                break;
            case "crack":
                Crack.Draw(surface, random);
                break;
            case "dent":
                Dent.Draw(surface, random);
                break;
            case "scratch":
                Scratch.Draw(surface, random);
                break;
            case "stain":
                Stain.Draw(surface, random);
                break;
            default:
                throw new ArgumentOutOfRangeException(
                    nameof(label), label, $"There is no such class; the classes are {string.Join(", ", Labels)}.");
        }
    }
}

/// <summary>What set of pictures <see cref="SurfaceDefectSamples"/> draws.</summary>
internal sealed record SurfaceDefectOptions
{
    /// <summary>Pictures of each class, 1 to 100,000; default 40.</summary>
    [Range(1, 100_000)]
    [Display(Description = "Images of each class.")]
    public int ImagesPerClass { get; init; } = 40;

    /// <summary>Width and height of a picture in pixels, 32 to 2,048; default 224. Everything drawn grows with it.</summary>
    [Range(32, 2048)]
    public int ImageSize { get; init; } = 224;

    /// <summary>Another seed gives other pictures of the same kinds; any number, default 1.</summary>
    [Display(Description = "Seed of every random choice: another seed gives other pictures.")]
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
