using System.Globalization;
using System.Text.Json.Serialization;

namespace ImageTrainer.Batch.Output;

/// <summary>What decides every byte of a job's output: a job goes on only as what it was begun.</summary>
internal sealed record JobIdentity
{
    /// <summary>SHA-256 of the model file, lower-case hex.</summary>
    public required string ModelSha256 { get; init; }

    /// <summary>Fingerprint of the input, or null of a stream, which is only known as it is read. Journals leave null out.</summary>
    public string? InputSha256 { get; init; }

    /// <summary>Images of the whole input, or null of a stream.</summary>
    public long? ImageCount { get; init; }

    /// <summary>Columns that the input brings, in the order of the output.</summary>
    public required IReadOnlyList<string> ColumnNames { get; init; }

    /// <summary>"csv" or "jsonl"; "postgres" of a database.</summary>
    public required string Format { get; init; }

    /// <summary>Labels a row.</summary>
    public required int TopCount { get; init; }

    /// <summary>Whether rows have features.</summary>
    public required bool IncludeEmbeddings { get; init; }

    /// <summary>Images a run.</summary>
    public required int BatchSize { get; init; }

    /// <summary>"cpu" or "cuda": they round differently.</summary>
    public required string Device { get; init; }

    /// <summary>Number of the share, from 0.</summary>
    public required int ShardIndex { get; init; }

    /// <summary>N, 1 for the whole.</summary>
    public required int ShardCount { get; init; }

    /// <summary>Whether the rows are those of parts put together; they are the same either way. Journals leave false out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsMerge { get; init; }

    /// <summary>Names every difference to the same job as it was begun; empty where there is none.</summary>
    /// <param name="begun">The job as it was begun.</param>
    public IReadOnlyList<string> DifferencesTo(JobIdentity begun)
    {
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
