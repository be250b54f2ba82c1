using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Batch;

/// <summary>
/// One of N shares of an input, for N jobs side by side. The share of a path depends on its text and on N alone, so it stays the same
/// when other paths come or go.
/// </summary>
/// <param name="Index">Number of the share, 0 to <paramref name="Count"/> - 1.</param>
/// <param name="Count">N, the number of shares, 1 or more.</param>
public sealed record ScoringShard(int Index, int Count)
{
    /// <summary>Bytes of UTF-8 up to which a path is hashed on the stack.</summary>
    private const int ShortPath = 512;

    /// <summary>The one share that is the whole input.</summary>
    public static ScoringShard Whole { get; } = new(0, 1);

    /// <summary>Whether this is the whole input.</summary>
    public bool IsWhole => Count == 1;

    /// <summary>Reads "I/N", where I runs from 0 to N - 1 as cluster schedulers count.</summary>
    /// <param name="text">The text: "0/4".</param>
    /// <exception cref="FormatException">The text is no share.</exception>
    public static ScoringShard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && index < count)
            return new ScoringShard(index, count);
        throw new FormatException($"'{text}' is no shard; write I/N with I from 0 to N - 1: 0/4, 1/4, 2/4, 3/4.");
    }

    /// <summary>
    /// Finds the share in the environment variables of a cluster's scheduler: Slurm arrays, Kubernetes Indexed Jobs, AWS Batch arrays,
    /// Azure Batch.
    /// </summary>
    /// <param name="getVariable">Gives the value of an environment variable, or null.</param>
    /// <exception cref="ScoringRefusedException">
    /// No scheduler's variables are set, or they contradict each other; the message names them.
    /// </exception>
    public static ScoringShard FromEnvironment(Func<string, string?> getVariable)
    {
        ArgumentNullException.ThrowIfNull(getVariable);
        return ShardVariables.Find(getVariable);
    }

    /// <summary>Gives "I/N", which <see cref="Parse"/> reads.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");

    /// <summary>Whether a path, as the input writes it, belongs to this share.</summary>
    internal bool Has(string path) => IsWhole || (int)(Hash(path) % (ulong)Count) == Index;

    /// <summary>
    /// The first eight bytes of the SHA-256 of a path in UTF-8, as a little-endian number. SHA-256 is the same on every machine, and
    /// paths that differ in a digit do not crowd into one share.
    /// </summary>
    private static ulong Hash(string path)
    {
        int length = Encoding.UTF8.GetMaxByteCount(path.Length);
        Span<byte> text = length <= ShortPath ? stackalloc byte[ShortPath] : new byte[length];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(path, text)], hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}

/// <summary>The environment variables in which schedulers say which task of how many this is.</summary>
internal static class ShardVariables
{
    /// <summary>The schedulers, in the order in which they are asked.</summary>
    private static readonly Scheduler[] Schedulers =
    [
        new("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"),
        new("JOB_COMPLETION_INDEX", "JOB_COMPLETIONS", null),
        new("AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE", null),
        // Azure numbers tasks and does not count them: the count is set by whoever adds them.
        new("AZ_BATCH_TASK_ID", "AZ_BATCH_TASK_COUNT", null, IsNumbered: false),
    ];

    /// <summary>Finds the share in the first scheduler's variables that are there.</summary>
    /// <exception cref="ScoringRefusedException">There are none, or they do not make sense.</exception>
    public static ScoringShard Find(Func<string, string?> getVariable)
    {
        Scheduler? scheduler = Schedulers.FirstOrDefault(candidate => !string.IsNullOrEmpty(getVariable(candidate.Index)));
        if (scheduler is null)
            throw Refused($"none of {string.Join(", ", Schedulers.Select(candidate => candidate.Index))} is set; write --shard I/N");
        string index = getVariable(scheduler.Index)!;
        string count = getVariable(scheduler.Count) ?? "";
        if (ReadNumber(count) is not > 0 and var badCount)
        {
            string what = badCount is null && count.Length == 0 ? "not" : $"'{count}'";
            throw Refused($"{scheduler.Index} is set and {scheduler.Count} is {what}; set it to the number of tasks");
        }

        int first = scheduler.First is null ? 0 : ReadNumber(getVariable(scheduler.First) ?? "") ?? 0;
        if (ReadNumber(Digits(index, scheduler)) is not { } number || number < first || number - first >= ReadNumber(count))
            throw Refused($"{scheduler.Index} is '{index}' and {scheduler.Count} is '{count}'; number the tasks one by one");
        return new ScoringShard(number - first, ReadNumber(count)!.Value);
    }

    /// <summary>The number in a task's name. Azure's are names: "task-3".</summary>
    private static string Digits(string text, Scheduler scheduler) =>
        scheduler.IsNumbered ? text : text[(text.AsSpan().LastIndexOfAnyExceptInRange('0', '9') + 1)..];

    /// <summary>A number of digits alone; null for everything else.</summary>
    private static int? ReadNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static ScoringRefusedException Refused(string reason) =>
        new(ScoringRefusal.Impossible, $"--shard auto found no share: {reason}.");

    /// <summary>One scheduler's variables.</summary>
    /// <param name="Index">Holds the number of this task.</param>
    /// <param name="Count">Holds how many tasks there are.</param>
    /// <param name="First">Holds the number of the first task, where that need not be 0; null where it is.</param>
    /// <param name="IsNumbered">Whether the number stands alone, and not behind a name.</param>
    private sealed record Scheduler(string Index, string Count, string? First, bool IsNumbered = true);
}
