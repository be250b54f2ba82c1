using System.CommandLine;
using System.CommandLine.Parsing;
using ImageTrainer.Backbones;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer train</c>: a folder of labelled photos becomes model.zip.</summary>
internal static class TrainVerb
{
    private static readonly NumberRange<double> InnerShare =
        new(double.Epsilon, Math.BitDecrement(1), "a share between 0 and 1, both excluded");

    private static readonly Argument<string?> Dataset = new("dataset")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "A folder per class, train/validation/test folders of those, or a CSV/TSV with the columns path and label.",
    };

    private static readonly Option<string?> Validation = new("--validation")
    {
        Description = "Labelled images to calibrate the probabilities on. [default: held-out predictions of the training images]",
        HelpName = "DIR",
    };

    private static readonly Option<string?> Test = new("--test")
    {
        Description = "Labelled images to measure the model on. [default: a share of the data set, or its test/ folder]",
        HelpName = "DIR",
    };

    private static readonly Option<double?> TestFraction =
        InnerShare.CreateOption("--test-fraction", "X", "Share of each class to hold out for measuring. [default: 0.2]");

    private static readonly Option<string> Backbone = new("--backbone")
    {
        Description = "Pretrained network: the best one to be had, one by name (`backbone list` shows them), or a weight file.",
        HelpName = "auto|NAME|FILE",
        DefaultValueFactory = _ => BackboneStore.Auto,
    };

    private static readonly Option<string?> Output = new("--output", "-o")
    {
        Description = "Where to put a copy of the run's model.zip; a file that is there is replaced.",
        HelpName = "FILE",
    };

    private static readonly Option<string?> RunDirectory = new("--run-dir")
    {
        Description = "Folder to write model, metrics and tables to. [default: runs/<data set>-<time>]",
        HelpName = "DIR",
    };

    private static readonly Option<string?> Resume = new("--resume")
    {
        Description = "Go on with a fine-tuning run that was interrupted, with the options that it was started with.",
        HelpName = "RUN_DIR",
    };

    private static readonly Option<string?> Splits = new("--splits")
    {
        Description = "The splits.csv of an earlier run, to train and measure on the same images.",
        HelpName = "FILE",
    };

    private static readonly RecordOptions<ImageClassificationOptions> Training = new()
    {
        { "--class-weights", nameof(ImageClassificationOptions.ClassWeights) },
        { "--image-size", nameof(ImageClassificationOptions.ImageSize) },
        { "--precision", nameof(ImageClassificationOptions.Precision) },
        { "--seed", nameof(ImageClassificationOptions.Seed) },
    };

    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<double?> MinAccuracy = SharedOptions.MinAccuracy();
    private static readonly Option<bool> NoCache = new("--no-cache") { Description = "Neither read nor write the feature cache." };
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create(RunLog log)
    {
        VerbCommand command = new VerbCommand(
            "train",
            "Trains a classifier on labelled images and writes a run folder with model.zip, metrics and splits.",
            "train datasets/surface-defects",
            "train photos --backbone resnet50 --output photos.zip --min-accuracy 0.9",
            "train photos --fine-tune stage4 --augment light")
        {
            Dataset, Validation, Test, TestFraction, Backbone, Output, RunDirectory, Splits, Device, MinAccuracy, NoCache, Json, Resume,
        }.Running((result, log, cancellationToken) => TrainRun.Execute(ReadArguments(result), log, cancellationToken), log);
        foreach (RecordOption option in Training) command.Add(option);
        FineTuneOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Dataset) is null && result.GetValue(Resume) is null)
                result.AddError("Name a data set to train on, or a run to go on with (--resume).");
        });
        return command;
    }

    private static TrainArguments ReadArguments(ParseResult result)
    {
        if (result.GetValue(Resume) is not { } run) return ReadNewArguments(result);
        string[] allowed = [Resume.Name, FineTuneOptions.TimeBudgetName, Json.Name];
        OptionResult? other = result.CommandResult.Children.OfType<OptionResult>()
            .FirstOrDefault(option => !option.Implicit && !allowed.Contains(option.Option.Name, StringComparer.Ordinal));
        if (other is not null)
            throw new UsageException(
                $"--resume takes the run's own options; leave {other.Option.Name} out. "
                + $"Only {FineTuneOptions.TimeBudgetName} and {Json.Name} may be given beside it.");
        TrainArguments arguments = ResumedRun.ReadArguments(run, result.GetValue(Dataset), FineTuneOptions.ReadTimeBudget(result));
        return arguments with { Json = arguments.Json || result.GetValue(Json) };
    }

    private static TrainArguments ReadNewArguments(ParseResult result)
    {
        ImageClassificationOptions training = Training.Read(result);
        return new TrainArguments
        {
            Dataset = result.GetRequiredValue(Dataset)!,
            Validation = result.GetValue(Validation),
            Test = result.GetValue(Test),
            TestFraction = result.GetValue(TestFraction),
            Backbone = result.GetRequiredValue(Backbone),
            Output = result.GetValue(Output),
            RunDirectory = result.GetValue(RunDirectory),
            Splits = result.GetValue(Splits),
            ClassWeights = training.ClassWeights,
            FineTune = FineTuneOptions.Read(result),
            ImageSize = training.ImageSize,
            Precision = training.Precision,
            Device = result.GetRequiredValue(Device),
            Seed = training.Seed,
            MinAccuracy = result.GetValue(MinAccuracy),
            NoCache = result.GetValue(NoCache),
            Json = result.GetValue(Json),
        };
    }
}
