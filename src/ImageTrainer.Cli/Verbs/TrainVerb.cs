using System.CommandLine;
using ImageTrainer.Backbones;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer train</c>: a folder of labelled photos becomes model.zip.</summary>
internal static class TrainVerb
{
    private static readonly Argument<string> Dataset = new("dataset")
    {
        Description = "A folder per class, train/validation/test folders of those, or a CSV/TSV with the columns path and label.",
    };

    private static readonly Option<string?> Validation = new("--validation") { Description = "Images to calibrate the probabilities on.", HelpName = "DIR" };
    private static readonly Option<string?> Test = new("--test") { Description = "Images to measure the model on, in place of a share of the data set.", HelpName = "DIR" };
    private static readonly Option<double?> TestFraction = new("--test-fraction") { Description = "Share of each class held out for measuring; default 0.2.", HelpName = "X" };
    private static readonly Option<string> Backbone = new("--backbone")
    {
        Description = "Pretrained network: auto, a name (`backbone list` shows them) or a weight file.",
        DefaultValueFactory = _ => BackboneStore.Auto,
    };

    private static readonly Option<string?> Output = new("--output", "-o") { Description = "Where to put a copy of the run's model.zip.", HelpName = "FILE" };
    private static readonly Option<string?> RunDirectory = new("--run-dir") { Description = "Folder of the run; default runs/<data set>-<time>.", HelpName = "DIR" };
    private static readonly Option<string?> Splits = new("--splits") { Description = "The splits.csv of an earlier run, to train and measure on the same images.", HelpName = "FILE" };
    private static readonly Option<ClassWeights> ClassWeighting = new("--class-weights")
    {
        Description = "none, or balanced: rare classes count as much as frequent ones.",
        DefaultValueFactory = _ => ClassWeights.None,
    };

    private static readonly Option<int?> ImageSize = new("--image-size") { Description = "Side of the network's input in pixels, 32 to 2048; default: the backbone's own.", HelpName = "N" };
    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<int> Seed = new("--seed") { Description = "Seed of every random draw.", DefaultValueFactory = _ => 1 };
    private static readonly Option<double?> MinAccuracy = SharedOptions.MinAccuracy();
    private static readonly Option<bool> NoCache = new("--no-cache") { Description = "Neither read nor write the feature cache." };
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create()
    {
        TestFraction.Validators.Add(result => SharedOptions.RequireFraction(result, TestFraction, includesEnds: false));
        ImageSize.Validators.Add(result =>
        {
            if (result.GetValue(ImageSize) is < 32 or > 2048) result.AddError("--image-size takes 32 to 2048 pixels.");
        });
        var command = new Command("train",
            """
            Trains a classifier and writes a run folder with model.zip, metrics and splits.

            Example: imagetrainer train datasets/surface-defects --backbone auto --seed 1
            """)
        {
            Dataset, Validation, Test, TestFraction, Backbone, Output, RunDirectory, Splits, ClassWeighting, ImageSize, Device, Seed,
            MinAccuracy, NoCache, Json,
        };
        command.SetAction((result, cancellationToken) => Task.Run(() => (int)TrainRun.Execute(ReadArguments(result), cancellationToken), CancellationToken.None));
        return command;
    }

    private static TrainArguments ReadArguments(ParseResult result) => new()
    {
        Dataset = result.GetRequiredValue(Dataset),
        Validation = result.GetValue(Validation),
        Test = result.GetValue(Test),
        TestFraction = result.GetValue(TestFraction) ?? 0.2,
        Backbone = result.GetRequiredValue(Backbone),
        Output = result.GetValue(Output),
        RunDirectory = result.GetValue(RunDirectory),
        Splits = result.GetValue(Splits),
        ClassWeights = result.GetValue(ClassWeighting),
        ImageSize = result.GetValue(ImageSize),
        Device = result.GetRequiredValue(Device),
        Seed = result.GetValue(Seed),
        MinAccuracy = result.GetValue(MinAccuracy),
        NoCache = result.GetValue(NoCache),
        Json = result.GetValue(Json),
    };
}
