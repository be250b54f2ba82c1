using System.Globalization;
using System.Text.Json.Serialization;

namespace ImageTrainer.Batch.Output;

/// <summary>All that decides the bytes of a job's output. A job is resumed only where all of it is as it was begun.</summary>
public sealed record JobIdentity
{
    /// <summary>SHA-256 of the model file, lower-case hex.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>
    /// SHA-256 of all paths and columns of the input, lower-case hex; null for a stream, which is only known as it is read.
    /// </summary>
    public string? InputSha256 { get; init; }

    /// <summary>Number of images in the whole input; null for a stream.</summary>
    public long? ImageCount { get; init; }

    /// <summary>Names of the columns that the input brings, in the order of the output.</summary>
    public required IReadOnlyList<string> ColumnNames { get; init; }

    /// <summary>The form of the rows: <see cref="IScoreSink.Format"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Number of labels in a row.</summary>
    public required int TopCount { get; init; }

    /// <summary>Whether rows have features.</summary>
    public required bool IncludeEmbeddings { get; init; }

    /// <summary>Number of images in one run of the network.</summary>
    public required int BatchSize { get; init; }

    /// <summary>"cpu" or "cuda", which round differently.</summary>
    public required string Device { get; init; }

    /// <summary>Number of the share, from 0.</summary>
    public required int ShardIndex { get; init; }

    /// <summary>Number of shares, 1 for the whole input.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Whether the rows were merged from those of all shares. They are the same either way, so this is no difference.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsMerge { get; init; }

    /// <summary>Names every difference to the job as it was begun, each in one clause; empty where there is none.</summary>
    /// <param name="begun">The job as it was begun.</param>
    public IReadOnlyList<string> DifferencesTo(JobIdentity begun)
    {
        ArgumentNullException.ThrowIfNull(begun);
        var differences = new List<string>();
        Compare("the model", Brief(begun.ModelSha256), Brief(ModelSha256));
        if (begun.InputSha256 != InputSha256 || !begun.ColumnNames.SequenceEqual(ColumnNames)) differences.Add(InputDifference(begun));
        Compare("--format", begun.Format, Format);
        Compare("--top", begun.TopCount, TopCount);
        Compare("--embeddings", begun.IncludeEmbeddings, IncludeEmbeddings);
        Compare("--batch-size", begun.BatchSize, BatchSize);
        Compare("--device", begun.Device, Device);
        if (begun.ShardCount != ShardCount) Compare("the N of --shard I/N", begun.ShardCount, ShardCount);
        else Compare("the I of --shard I/N", begun.ShardIndex, ShardIndex);
        return differences;

        void Compare<T>(string name, T then, T now)
        {
            if (!Equals(then, now))
                differences.Add(string.Create(CultureInfo.InvariantCulture, $"{name} was {then} and is {now}"));
        }
    }

    private string InputDifference(JobIdentity begun) => (begun.ImageCount, ImageCount) switch
    {
        (null, null) => "the lists beside the stream have other columns",
        (null, _) or (_, null) => "the input was a stream then or is one now",
        (long then, long now) when then != now => string.Create(CultureInfo.InvariantCulture, $"the input had {then} images and has {now}"),
        _ => "the input has as many images, and other paths or columns",
    };

    private static string Brief(string sha256) => $"SHA-256 {sha256[..Math.Min(12, sha256.Length)]}";
}
