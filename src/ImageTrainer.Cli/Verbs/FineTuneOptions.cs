using System.CommandLine;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Verbs;

/// <summary>
/// The options of <c>train</c> that have to do with fine-tuning; what they mean stands in <see cref="FineTuningOptions"/>.
/// </summary>
internal static class FineTuneOptions
{
    private static readonly Option<FineTuneStages?> FineTune = Choice.CreateOption<FineTuneStages>(
        "--fine-tune",
        "Train the network's last stages together with the head, and keep the better of both; the options below are for it. "
        + "[default: the head alone]");

    private static readonly RecordOption TimeBudget = new("--time-budget", typeof(FineTuningOptions), nameof(FineTuningOptions.TimeBudget));

    private static readonly RecordOptions<FineTuningOptions> Details = new()
    {
        { "--augment", nameof(FineTuningOptions.Augmentation) },
        { "--batch-norm", nameof(FineTuningOptions.BatchNorm) },
        { "--optimizer", nameof(FineTuningOptions.Optimizer) },
        { "--epochs", nameof(FineTuningOptions.EpochCount) },
        { "--batch-size", nameof(FineTuningOptions.BatchSize) },
        { "--learning-rate", nameof(FineTuningOptions.LearningRate) },
        { "--interpolation", nameof(FineTuningOptions.Interpolation) },
        { "--weight-decay", nameof(FineTuningOptions.WeightDecay) },
        { "--l1", nameof(FineTuningOptions.L1) },
        { "--dropout", nameof(FineTuningOptions.Dropout) },
        { "--label-smoothing", nameof(FineTuningOptions.LabelSmoothing) },
        { "--mixup", nameof(FineTuningOptions.Mixup) },
        { "--clip-norm", nameof(FineTuningOptions.ClipNorm) },
        { "--patience", nameof(FineTuningOptions.Patience) },
        TimeBudget,
    };

    /// <summary>Name of the one option that a resumed run may have anew.</summary>
    public static string TimeBudgetName => TimeBudget.Name;

    /// <summary>Adds the options to a verb.</summary>
    public static void AddTo(Command command)
    {
        command.Add(FineTune);
        foreach (RecordOption option in Details) command.Add(option);
    }

    /// <summary>The time budget that was given, or null.</summary>
    public static TimeSpan? ReadTimeBudget(ParseResult result) => (TimeSpan?)result.GetValue(TimeBudget);

    /// <summary>What was asked for, or null where the network is to stay as it is.</summary>
    /// <exception cref="UsageException">There is an option of fine-tuning without <c>--fine-tune</c>.</exception>
    public static FineTuningOptions? Read(ParseResult result)
    {
        if (result.GetValue(FineTune) is { } stages) return Details.Read(result) with { Stages = stages };
        RecordOption? lonely = Details.FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
        return lonely is null
            ? null
            : throw new UsageException(
                $"{lonely.Name} is an option of fine-tuning; add --fine-tune stage4, stage3 or all, or leave it out.");
    }
}
