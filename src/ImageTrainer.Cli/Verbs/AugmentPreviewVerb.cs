using System.CommandLine;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Files;
using ImageTrainer.Imaging;
using ImageTrainer.Training;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer augment-preview</c>: a contact sheet of what training would see.</summary>
internal static class AugmentPreviewVerb
{
    private static readonly NumberRange<int> Some = new(1, 50, "a whole number from 1 to 50");
    private static readonly Argument<string> Dataset = new("dataset") { Description = "Labelled images, as for `train`." };
    private static readonly Option<AugmentationPreset?> Preset =
        Choice.CreateOption<AugmentationPreset>("--augment", "How strongly pictures are changed. [default: light]");

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Where to write the sheet, a PNG or JPEG file.",
        HelpName = "FILE",
        DefaultValueFactory = _ => "augmentation.png",
    };

    private static readonly Option<int?> Rows =
        Some.CreateOption("--rows", "N", "Pictures to show, 1 to 50, evenly from all classes. [default: 6]");
    private static readonly Option<int?> Epochs =
        Some.CreateOption("--epochs", "N", "Changed versions beside each picture, 1 to 50. [default: 8]");
    private static readonly RecordOption Seed =
        new("--seed", typeof(ImageClassificationOptions), nameof(ImageClassificationOptions.Seed));
    private static readonly RecordOptions<ImageClassificationOptions> Training = new() { Seed };

    public static Command Create(RunLog log) => new VerbCommand(
        "augment-preview",
        "Draws a sheet of what `train --augment` makes of some pictures: each as it is, then as each epoch would see it.",
        "augment-preview photos --augment strong --output sheet.png")
    {
        Dataset, Preset, Output, Rows, Epochs, Seed,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        (string dataset, string output) = (result.GetRequiredValue(Dataset), result.GetRequiredValue(Output));
        Func<RgbImage, byte[]> encode = EncoderOf(output);
        new ProtectedInputs(dataset).RequireOutside(output, Output.Name);
        DatasetSplits splits = RunUntilCancelled(() => DatasetSource.Load(dataset), cancellationToken);
        new ProtectedImages(splits.Combine().Images, dataset).RequireOutside(output, Output.Name);
        WritablePlace.RequireFile(output, Output.Name);
        byte[] sheet = RunUntilCancelled(() => encode(Draw(splits.Train, result)), cancellationToken);
        ReplacedFile.Write(output, stream => stream.Write(sheet));
        log.Say($"Sheet: {output}");
        return ExitCode.Ok;
    }

    /// <summary>
    /// Runs work that cannot be cancelled. Loading and drawing know no token; where they are cancelled they are left behind, having
    /// written nothing.
    /// </summary>
    private static T RunUntilCancelled<T>(Func<T> work, CancellationToken cancellationToken) =>
        Task.Run(work, CancellationToken.None).WaitAsync(cancellationToken).GetAwaiter().GetResult();

    /// <summary>How the sheet is encoded, by the ending of its name.</summary>
    /// <exception cref="UsageException">The ending is of neither format.</exception>
    private static Func<RgbImage, byte[]> EncoderOf(string output) => Path.GetExtension(output).ToUpperInvariant() switch
    {
        ".PNG" => image => image.EncodePng(),
        ".JPG" or ".JPEG" => image => image.EncodeJpeg(),
        _ => throw new UsageException($"'{output}' ends neither in .png nor in .jpg or .jpeg; name such a file with {Output.Name}."),
    };

    private static RgbImage Draw(ImageDataset images, ParseResult result) => AugmentationSheet.Draw(
        Choose(images, result.GetValue(Rows) ?? 6), images.Labels, result.GetValue(Preset) ?? AugmentationPreset.Light,
        result.GetValue(Epochs) ?? 8, Training.Read(result).Seed);

    /// <summary>The pictures to show: one of each class, then a second of each, and so on, those that cannot be read passed over.</summary>
    /// <exception cref="DatasetException">None can be read.</exception>
    private static LabeledImage[] Choose(ImageDataset images, int count)
    {
        var reader = new ImageReader();
        IEnumerable<LabeledImage> candidates = images.Images.GroupBy(image => image.Label)
            .SelectMany(group => group.Index())
            .OrderBy(image => image.Index)
            .Select(image => image.Item);
        LabeledImage[] chosen = [.. candidates.Where(image => IsReadable(reader, image)).Take(count)];
        return chosen.Length > 0 ? chosen : throw new DatasetException(images.Root, $"No image of '{images.Root}' can be read.");
    }

    /// <summary>Whether an image has pixels to show.</summary>
    private static bool IsReadable(ImageReader reader, LabeledImage image)
    {
        try
        {
            reader.Read(image.Path);
            return true;
        }
        catch (ImageDecodeException)
        {
            return false;
        }
    }
}
