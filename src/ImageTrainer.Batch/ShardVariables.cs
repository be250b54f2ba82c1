using System.Globalization;

namespace ImageTrainer.Batch;

/// <summary>The environment variables in which schedulers say which task of how many this is.</summary>
internal static class ShardVariables
{
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
            throw Refused($"{scheduler.Index} is set and {scheduler.Count} is {(badCount is null && count.Length == 0 ? "not" : $"'{count}'")}; set it to the number of tasks");
        int first = scheduler.First is null ? 0 : ReadNumber(getVariable(scheduler.First) ?? "") ?? 0;
        if (ReadNumber(Digits(index, scheduler)) is not { } number || number < first || number - first >= ReadNumber(count))
            throw Refused($"{scheduler.Index} is '{index}' and {scheduler.Count} is '{count}'; number the tasks one by one");
        return new ScoringShard(number - first, ReadNumber(count)!.Value);
    }

    // Azure's are names: "task-3".
    private static string Digits(string text, Scheduler scheduler) => scheduler.IsNumbered ? text : text[(text.AsSpan().LastIndexOfAnyExceptInRange('0', '9') + 1)..];

    private static int? ReadNumber(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static ScoringRefusedException Refused(string reason) =>
        new(ScoringRefusal.Impossible, $"--shard auto found no share: {reason}.");

    private sealed record Scheduler(string Index, string Count, string? First, bool IsNumbered = true);
}
