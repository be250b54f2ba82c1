namespace ImageTrainer.Batch.Listing;

/// <summary>
/// All that one job scores: its inputs one after the other. They are listed anew each time and never held as a whole. Not safe for
/// concurrent use.
/// </summary>
public sealed class ScoringInput
{
    /// <summary>The input that stands for paths on standard input.</summary>
    public const string StandardInput = "-";

    private readonly IReadOnlyList<IImageSource> _sources;

    /// <summary>Puts sources together.</summary>
    /// <param name="sources">One or more.</param>
    internal ScoringInput(params IReadOnlyList<IImageSource> sources) => _sources = sources;

    /// <summary>Whether it can be listed again: false where a stream is among the inputs.</summary>
    internal bool CanRepeat => _sources.All(source => source.CanRepeat);

    /// <summary>The inputs among them that can be listed again.</summary>
    internal ScoringInput Repeatable => new([.. _sources.Where(source => source.CanRepeat)]);

    /// <summary>What the user should know of the listing, each sentence once.</summary>
    internal IEnumerable<string> Notices => _sources.SelectMany(source => source.Notices).Distinct(StringComparer.Ordinal);

    /// <summary>
    /// Finds out what the inputs are. Relative paths are relative to the current folder, those in a list to the list's folder, and
    /// those in a stream to the current one.
    /// </summary>
    /// <param name="inputs">
    /// Folders, patterns like <c>photos/**/*.jpg</c>, lists (.txt, .csv, .tsv, .jsonl), images, or <c>-</c> for a stream with one path
    /// a line.
    /// </param>
    /// <param name="openStandardInput">
    /// Opens the stream that <c>-</c> stands for, which is closed once it is read; null where there is none.
    /// </param>
    /// <exception cref="ScoringInputException">
    /// No file matches a pattern, or <c>-</c> is given twice or without a stream.
    /// </exception>
    /// <exception cref="ArgumentException">An input is null or empty.</exception>
    public static ScoringInput Parse(IReadOnlyList<string> inputs, Func<Stream>? openStandardInput = null)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (string input in inputs) ArgumentException.ThrowIfNullOrEmpty(input, nameof(inputs));
        if (inputs.Count(input => input == StandardInput) > 1)
            throw new ScoringInputException(StandardInput, "- stands for standard input and can be read once; give it once.");
        return new ScoringInput([.. inputs.Select(input => Source(input, openStandardInput))]);
    }

    /// <summary>Lists all images with their places.</summary>
    /// <exception cref="ScoringInputException">An input cannot be read, or makes no sense.</exception>
    internal IEnumerable<PlacedImage> List()
    {
        long position = 0;
        foreach (IImageSource source in _sources)
        {
            foreach (ListedImage image in source.List()) yield return new PlacedImage(position++, image);
        }
    }

    private static IImageSource Source(string input, Func<Stream>? openStandardInput)
    {
        if (input == StandardInput)
        {
            return openStandardInput is null
                ? throw new ScoringInputException(StandardInput, "There is no standard input.")
                : new TextListSource(openStandardInput());
        }

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
