using System.CommandLine;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer predict</c>: labels for images.</summary>
internal static class PredictVerb
{
    private const string StandardInput = "-";
    private const int ChunkSize = 256;

    private static readonly Argument<string> Model = new("model") { Description = "A model.zip." };
    private static readonly Argument<string[]> Images = new("image")
    {
        Description = "Image files, folders, patterns like 'photos/**/*.jpg', or - for standard input: one image, or a list of paths.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> Top = new("--top") { Description = "How many labels to give for each image.", DefaultValueFactory = _ => 1 };
    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create()
    {
        Top.Validators.Add(result =>
        {
            if (result.GetValue(Top) < 1) result.AddError("--top takes 1 or more.");
        });
        var command = new Command("predict",
            """
            Predicts the labels of images; one line each, in the order given.

            Example: imagetrainer predict model.zip photos --top 3
            """)
        {
            Model, Images, Top, Device, Json,
        };
        command.SetAction((result, cancellationToken) => Task.Run(() => (int)Execute(result, cancellationToken), CancellationToken.None));
        return command;
    }

    private static ExitCode Execute(ParseResult result, CancellationToken cancellationToken)
    {
        string[] images = result.GetRequiredValue(Images);
        bool isSingle = images.Length == 1 && !Directory.Exists(images[0]);
        var options = new ImagePredictionEngineOptions
        {
            Device = result.GetRequiredValue(Device),
            ThreadsPerPrediction = isSingle ? Environment.ProcessorCount : 1,
        };
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(result.GetRequiredValue(Model), options);
        var printer = new PredictionPrinter(Console.Out, result.GetValue(Top), result.GetValue(Json));
        int failedCount = images is [StandardInput]
            ? PredictStandardInput(engine, printer, cancellationToken)
            : PredictPaths(engine, Inputs.Expand(images, Console.Error.WriteLine), printer, cancellationToken);
        return failedCount > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private static int PredictPaths(ImagePredictionEngine engine, IEnumerable<string> paths, PredictionPrinter printer, CancellationToken cancellationToken)
    {
        int failedCount = 0;
        foreach (string[] chunk in paths.Chunk(ChunkSize))
        {
            foreach (ImagePredictionResult result in engine.PredictBatch(chunk, cancellationToken))
            {
                printer.Print(result);
                if (result.Error is not null) failedCount++;
            }
        }

        return failedCount;
    }

    private static int PredictStandardInput(ImagePredictionEngine engine, PredictionPrinter printer, CancellationToken cancellationToken)
    {
        using var input = new BufferedStream(Console.OpenStandardInput(), 1 << 16);
        using var content = new MemoryStream();
        byte[] header = new byte[ImageFormats.HeaderLength];
        int length = input.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        content.Write(header, 0, length);
        bool isImage = ImageFormats.Detect(header.AsSpan(0, length)) is not null;
        input.CopyTo(content);
        content.Position = 0;
        return isImage
            ? PredictContent(engine, content, printer)
            : PredictPaths(engine, Inputs.ReadPaths(content), printer, cancellationToken);
    }

    private static int PredictContent(ImagePredictionEngine engine, MemoryStream content, PredictionPrinter printer)
    {
        try
        {
            printer.Print(new ImagePredictionResult(StandardInput, engine.Predict(content), null));
            return 0;
        }
        catch (ImageDecodeException exception)
        {
            printer.Print(new ImagePredictionResult(StandardInput, null, exception));
            return 1;
        }
    }
}
