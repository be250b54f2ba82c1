using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Training.Augmentation;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Verbs;

/// <summary>The options of <c>train</c> that have to do with fine-tuning.</summary>
internal static class FineTuneOptions
{
    private const int MostHours = 27_777;
    private static readonly NumberRange<int> Some = new(1, 10_000, "a whole number from 1 to 10,000");
    private static readonly NumberRange<int> StepImages = new(1, 4096, "a whole number from 1 to 4096");
    private static readonly FineTuningOptions Defaults = new();
    private static readonly NumberRange<double> Strength = new(0, 1000, "a number from 0 to 1000");
    private static readonly NumberRange<double> AboveZero = new(double.Epsilon, double.MaxValue, "a number above 0");
    private static readonly NumberRange<double> Share = new(0, 0.99, "a share from 0 to 0.99");

    private static readonly Option<FineTuneStages?> FineTune = Choice.CreateOption<FineTuneStages>(
        "--fine-tune", "Train the network's last stages together with the head, and keep the better of both. [default: the head alone]");

    private static readonly Option<AugmentationPreset?> Augment = Choice.CreateOption<AugmentationPreset>(
        "--augment", "How far pictures are changed every epoch, for --fine-tune. [default: none]");

    private static readonly Option<Optimizer?> Optimizer = Choice.CreateOption<Optimizer>("--optimizer", "How steps follow gradients. [default: adamw]");

    private static readonly Option<BatchNormMode?> BatchNorm = Choice.CreateOption<BatchNormMode>(
        "--batch-norm", "What BatchNorm does meanwhile; train suits pictures unlike ordinary photos. [default: frozen]");

    private static readonly Option<int?> Epochs =
        Some.CreateOption("--epochs", "N", "Passes over the training images at most, 1 to 10,000. [default: 10]");

    private static readonly Option<int?> BatchSize =
        StepImages.CreateOption("--batch-size", "N", "Images of a step, 1 to 4096. [default: what memory holds, 16 at most]");

    private static readonly Option<double?> LearningRate =
        AboveZero.CreateOption("--learning-rate", "X", "Greatest learning rate of the last stage, above 0; with adamw a share of the weights' size. [default: 0.005, with sgd 0.001]");

    private static readonly Option<double?> Interpolation = new NumberRange<double>(0.01, 1, "a share from 0.01 to 1").CreateOption(
        "--interpolation", "X", "How far the kept weights lie on the way from the starting to the trained ones, 0.01 to 1. [default: 0.5, with --batch-norm train 1]");

    private static readonly Option<double?> WeightDecay =
        Strength.CreateOption("--weight-decay", "X", "Decoupled L2 on the weights, 0 to 1000. [default: 0.0005]");

    private static readonly Option<double?> L1 = Strength.CreateOption("--l1", "X", "L1 penalty on the head, 0 to 1000. [default: 0]");
    private static readonly Option<double?> Dropout = Share.CreateOption("--dropout", "X", "Share of the features left out in a step, 0 to 0.99. [default: 0]");

    private static readonly Option<double?> LabelSmoothing =
        Share.CreateOption("--label-smoothing", "X", "Share of each target spread over all classes, 0 to 0.99. [default: 0.1]");

    private static readonly Option<double?> Mixup =
        Share.CreateOption("--mixup", "X", "Share of the images that are blended with another, 0 to 0.99. [default: 0]");

    private static readonly Option<double?> ClipNorm =
        AboveZero.CreateOption("--clip-norm", "X", "Largest joint norm of the gradients, above 0. [default: 1]");

    private static readonly Option<int?> Patience =
        Some.CreateOption("--patience", "N", "Epochs without a better validation loss after which training stops, 1 to 10,000. [default: 8]");

    private static readonly Option<TimeSpan?> TimeBudget = new("--time-budget")
    {
        Description = "Time that training may take, up to 27,777 hours: 90s, 10m, 2h. It ends in order, and --resume goes on. [default: any]",
        HelpName = "TIME",
        CustomParser = ParseTime,
    };

    private static readonly Option[] Details =
        [Augment, BatchNorm, Optimizer, Epochs, BatchSize, LearningRate, Interpolation, WeightDecay, L1, Dropout, LabelSmoothing, Mixup, ClipNorm, Patience, TimeBudget];

    /// <summary>Adds the options to a verb.</summary>
    public static void AddTo(Command command)
    {
        command.Add(FineTune);
        foreach (Option option in Details) command.Add(option);
    }

    /// <summary>Name of the one option that a resumed run may have anew.</summary>
    public static string TimeBudgetName => TimeBudget.Name;

    /// <summary>The time budget that was given, or null.</summary>
    public static TimeSpan? ReadTimeBudget(ParseResult result) => result.GetValue(TimeBudget);

    /// <summary>What was asked for, or null where the network is to stay as it is.</summary>
    /// <exception cref="UsageException">There is an option of fine-tuning without <c>--fine-tune</c>.</exception>
    public static FineTuneArguments? Read(ParseResult result)
    {
        if (result.GetValue(FineTune) is not { } stages)
        {
            Option? lonely = Details.FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
            return lonely is null ? null : throw new UsageException($"{lonely.Name} has no effect without --fine-tune stage4, stage3 or all.");
        }

        return new FineTuneArguments
        {
            Stages = stages,
            Augmentation = result.GetValue(Augment) ?? Defaults.Augmentation,
            BatchNorm = result.GetValue(BatchNorm) ?? Defaults.BatchNorm,
            Optimizer = result.GetValue(Optimizer) ?? Defaults.Optimizer,
            EpochCount = result.GetValue(Epochs),
            BatchSize = result.GetValue(BatchSize),
            LearningRate = result.GetValue(LearningRate),
            Interpolation = result.GetValue(Interpolation),
            WeightDecay = result.GetValue(WeightDecay),
            L1 = result.GetValue(L1),
            Dropout = result.GetValue(Dropout),
            LabelSmoothing = result.GetValue(LabelSmoothing),
            Mixup = result.GetValue(Mixup),
            ClipNorm = result.GetValue(ClipNorm),
            Patience = result.GetValue(Patience),
            TimeBudget = result.GetValue(TimeBudget),
        };
    }

    private static TimeSpan? ParseTime(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        double seconds = text switch { [.., 's'] => 1, [.., 'm'] => 60, [.., 'h'] => 3600, _ => 0 };
        if (seconds > 0 && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            && number * seconds is > 0 and <= MostHours * 3600.0)
            return TimeSpan.FromSeconds(number * seconds);
        result.AddError($"--time-budget takes a time of up to 27,777 hours, such as 90s, 10m or 2h, and '{text}' is none.");
        return null;
    }
}
