using System.CommandLine;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer predict</c>: labels for images.</summary>
internal static class PredictVerb
{
    private const string StandardInput = "-";
    private static readonly NumberRange<int> OneOrMore = new(1, int.MaxValue, "a whole number of 1 or more");

    private static readonly Argument<string> Model = new("model") { Description = "A model.zip that `train` wrote." };
    private static readonly Argument<string[]> Images = new("image")
    {
        Description = "Image files, folders, patterns like 'photos/**/*.jpg', or - for standard input: "
            + "one image, or paths of images, one a line.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int?> Top =
        OneOrMore.CreateOption("--top", "K", "How many labels to give for each image, likeliest first. [default: 1]");
    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Print one JSON object a line: path, predictedLabel, probability, topK, error.",
    };

    private static readonly Option<string?> Heatmap = new("--heatmap")
    {
        Description = "Draw for each image where its label's score comes from, as PNG files in this new folder: "
            + "red speaks for the label, blue against it.",
        HelpName = "DIR",
    };

    public static Command Create(RunLog log) => new VerbCommand(
        "predict",
        "Predicts the labels of images; one line each, in the order given.",
        "predict model.zip photo.jpg --top 3",
        "predict model.zip photos --json > predictions.jsonl",
        "predict model.zip - < photo.jpg")
    {
        Model, Images, Top, Device, Json, Heatmap,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        PipedInput input = ReadInput(result.GetRequiredValue(Images), log);
        string? folder = result.GetValue(Heatmap);
        var options = new ImagePredictionEngineOptions
        {
            Device = result.GetRequiredValue(Device),
            ThreadsPerPrediction = input.Paths.Count > 1 && folder is null ? 1 : Environment.ProcessorCount,
            CanExplain = folder is not null,
        };
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(result.GetRequiredValue(Model), options);
        var printer = new PredictionPrinter(Console.Out, log, result.GetValue(Top) ?? 1, result.GetValue(Json));
        if (folder is not null) Print(Explain(new Heatmaps(engine, folder, Heatmap.Name), engine, input, cancellationToken), printer);
        else if (input.Image is { } image) printer.Print(PredictImage(engine, image));
        else PredictPaths(engine, input.Paths, printer, log, cancellationToken);
        DatasetReport.SayProfiles(engine.UnappliedProfiles, log);
        return printer.FailedCount > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    /// <summary>The images that are named, or what comes through standard input.</summary>
    /// <exception cref="UsageException">"-" stands beside other arguments.</exception>
    private static PipedInput ReadInput(string[] arguments, RunLog log)
    {
        if (!arguments.Contains(StandardInput)) return new PipedInput(null, ImageInputs.Expand(arguments, log.Say));
        if (arguments.Length > 1)
            throw new UsageException(
                "- stands for standard input, and no other image can be named beside it; write ./- for a file that is called -.");
        using Stream stream = Console.OpenStandardInput();
        return PipedInput.Read(stream);
    }

    /// <summary>Predicts what came in and draws a heatmap of each image.</summary>
    private static IEnumerable<ImagePredictionResult> Explain(
        Heatmaps heatmaps, ImagePredictionEngine engine, PipedInput input, CancellationToken cancellationToken) =>
        input.Image is { } image
            ? [heatmaps.Predict(StandardInput, () => engine.Explain(image))]
            : heatmaps.Run(input.Paths, cancellationToken);

    /// <summary>
    /// Predicts the image that came through standard input; one that cannot be read is a result with its error, as in a batch.
    /// </summary>
    private static ImagePredictionResult PredictImage(ImagePredictionEngine engine, ReadOnlyMemory<byte> image)
    {
        try
        {
            return new ImagePredictionResult(StandardInput, engine.Predict(image), null);
        }
        catch (ImageDecodeException exception)
        {
            return new ImagePredictionResult(StandardInput, null, exception);
        }
    }

    /// <summary>Predicts files and prints each line as soon as it is there, with progress on stderr where stdout goes elsewhere.</summary>
    private static void PredictPaths(
        ImagePredictionEngine engine,
        IReadOnlyList<string> paths,
        PredictionPrinter printer,
        RunLog log,
        CancellationToken cancellationToken)
    {
        if (!Console.IsOutputRedirected || Console.IsErrorRedirected || paths.Count == 1)
        {
            // Who sees the lines come needs no other progress.
            Print(BatchPrediction.Run(engine, paths, progress: null, cancellationToken), printer);
            return;
        }

        StepDisplay.Run(log, TimeProvider.System, display =>
        {
            var counter = new ImageCounter("Predicting", display, TimeProvider.System);
            return Print(BatchPrediction.Run(engine, paths, counter, cancellationToken), printer);
        });
    }

    /// <summary>Prints results until nobody reads them any more.</summary>
    private static bool Print(IEnumerable<ImagePredictionResult> results, PredictionPrinter printer)
    {
        foreach (ImagePredictionResult result in results)
        {
            printer.Print(result);
            if (StandardOutput.IsAbandoned) return false;
        }

        return true;
    }
}
