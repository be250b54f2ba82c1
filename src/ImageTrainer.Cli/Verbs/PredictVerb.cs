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

    public static Command Create(RunLog log) => new VerbCommand(
        "predict",
        "Predicts the labels of images; one line each, in the order given.",
        "predict model.zip photo.jpg --top 3",
        "predict model.zip photos --json > predictions.jsonl",
        "predict model.zip - < photo.jpg")
    {
        Model, Images, Top, Device, Json,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        PipedInput input = ReadInput(result.GetRequiredValue(Images), log);
        var options = new ImagePredictionEngineOptions
        {
            Device = result.GetRequiredValue(Device),
            ThreadsPerPrediction = input.Paths.Count > 1 ? 1 : Environment.ProcessorCount,
        };
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(result.GetRequiredValue(Model), options);
        var printer = new PredictionPrinter(Console.Out, log, result.GetValue(Top) ?? 1, result.GetValue(Json));
        if (input.Image is { } image) printer.Print(PredictImage(engine, image));
        else PredictPaths(engine, input.Paths, printer, log, cancellationToken);
        DatasetReport.SayProfiles(engine.UnappliedProfiles, log);
        return printer.FailedCount > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private static PipedInput ReadInput(string[] arguments, RunLog log)
    {
        if (!arguments.Contains(StandardInput)) return new PipedInput(null, ImageInputs.Expand(arguments, log.Say));
        if (arguments.Length > 1)
            throw new UsageException("- stands for standard input and goes alone; write ./- for a file of that name.");
        using Stream stream = Console.OpenStandardInput();
        return PipedInput.Read(stream);
    }

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
