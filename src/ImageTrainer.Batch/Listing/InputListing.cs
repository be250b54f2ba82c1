namespace ImageTrainer.Batch.Listing;

/// <summary>All that one job scores: its inputs one after the other, listed anew each time and never held as a whole.</summary>
internal sealed class InputListing
{
    /// <summary>The argument that stands for standard input.</summary>
    public const string StandardInput = "-";

    private readonly IReadOnlyList<IImageSource> _sources;

    /// <summary>Puts sources together.</summary>
    /// <param name="sources">One or more.</param>
    public InputListing(params IReadOnlyList<IImageSource> sources) => _sources = sources;

    /// <summary>Whether it can be listed again: false where a stream is among the inputs.</summary>
    public bool CanRepeat => _sources.All(source => source.CanRepeat);

    /// <summary>The inputs among them that can be listed again.</summary>
    public InputListing Repeatable => new([.. _sources.Where(source => source.CanRepeat)]);

    /// <summary>What the user should know of how they were listed, each sentence once.</summary>
    public IEnumerable<string> Notices => _sources.SelectMany(source => source.Notices).Distinct(StringComparer.Ordinal);

    /// <summary>Finds out what arguments name.</summary>
    /// <param name="inputs">Folders, patterns, lists (.txt, .csv, .tsv, .jsonl), images, or <c>-</c>.</param>
    /// <param name="openStandardInput">Opens what <c>-</c> stands for.</param>
    /// <exception cref="ScoringInputException">A list is not there, or <c>-</c> is given twice.</exception>
    public static InputListing Parse(IReadOnlyList<string> inputs, Func<Stream> openStandardInput)
    {
        if (inputs.Count(input => input == StandardInput) > 1)
            throw new ScoringInputException(StandardInput, "- stands for standard input and can be read once; give it once.");
        return new InputListing([.. inputs.Select(input => Source(input, openStandardInput))]);
    }

    /// <summary>Lists all images with their places.</summary>
    /// <exception cref="ScoringInputException">An input cannot be read, or makes no sense.</exception>
    public IEnumerable<PlacedImage> List()
    {
        long position = 0;
        foreach (IImageSource source in _sources)
        {
            foreach (ListedImage image in source.List()) yield return new PlacedImage(position++, image);
        }
    }

    private static IImageSource Source(string input, Func<Stream> openStandardInput)
    {
        if (input == StandardInput) return new TextListSource(openStandardInput());
        if (Directory.Exists(input)) return new FolderSource(input);
        if (!File.Exists(input) && PathFilter.IsPattern(input)) return PatternSource(input);
        return Path.GetExtension(input).ToLowerInvariant() switch
        {
            ".txt" => new TextListSource(input),
            ".csv" or ".tsv" or ".jsonl" or ".ndjson" => new ListSource(input),
            _ => new SingleFileSource(input),
        };
    }

    private static FolderSource PatternSource(string pattern)
    {
        var filter = new PathFilter(pattern);
        var source = new FolderSource(filter.Start, filter);
        if (!Directory.Exists(filter.Start.Length == 0 ? "." : filter.Start) || !source.List().Any())
            throw new ScoringInputException(pattern, $"No file matches '{pattern}'.");
        return source;
    }
}
