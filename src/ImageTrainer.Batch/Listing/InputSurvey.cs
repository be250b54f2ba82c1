namespace ImageTrainer.Batch.Listing;

/// <summary>What one look through an input tells: enough to know it again.</summary>
/// <param name="Fingerprint">SHA-256, lower-case hex, of all paths and columns in order.</param>
/// <param name="ImageCount">Images in all.</param>
/// <param name="ShardImageCount">Images of the share.</param>
/// <param name="ColumnNames">The names of all passed columns, in the order they first appear.</param>
internal sealed record InputSurvey(string Fingerprint, long ImageCount, long ShardImageCount, IReadOnlyList<string> ColumnNames)
{
    /// <summary>Lists an input once, without opening an image.</summary>
    /// <exception cref="ScoringInputException">An input cannot be read, makes no sense, or has columns that the output needs itself.</exception>
    public static InputSurvey Of(InputListing input, ScoringShard shard, CancellationToken cancellationToken)
    {
        using var fingerprint = new InputFingerprint();
        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        (long count, long shardCount) = (0, 0);
        foreach ((_, ListedImage image) in input.List())
        {
            if ((count++ & 1023) == 0) cancellationToken.ThrowIfCancellationRequested();
            if (shard.Has(image.Path)) shardCount++;
            fingerprint.Add(image);
            names.AddRange(image.Columns.Select(column => column.Name).Where(seen.Add));
        }

        return new InputSurvey(fingerprint.Current, count, shardCount, names);
    }
}
