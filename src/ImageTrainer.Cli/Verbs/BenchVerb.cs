using System.CommandLine;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Onnx;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer bench</c>: how fast saved models are on this machine.</summary>
internal static class BenchVerb
{
    private const double UsualSeconds = 3;
    private const int UsualCallSize = SpeedPictures.MaxCount;

    // Models take turns, so that a machine that grows slower or faster meanwhile does so under all of them alike.
    private const int TurnCount = 3;
    private static readonly NumberRange<double> Duration = new(0.1, 3600, "0.1 to 3600 seconds");
    private static readonly NumberRange<int> Size = new(1, 256, "1 to 256 images");

    private static readonly Argument<string[]> Models = new("model")
    {
        Description = "model.zip files that `train` wrote, such as one of int8 and one of fp32.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> Images = new("--images")
    {
        Description = $"A folder of pictures; up to {SpeedPictures.MaxCount} from all over it are used. [default: drawn ones]",
        HelpName = "DIR",
    };

    private static readonly Option<int?> CallSize = Size.CreateOption(
        "--call-size", "N", $"Images in one call, 1 to 256; calls of a single image are always measured too. [default: {UsualCallSize}]");
    private static readonly Option<double?> Seconds = Duration.CreateOption(
        "--seconds",
        "S",
        $"Seconds to measure each model, once with single images and once with many, 0.1 to 3600. [default: {UsualSeconds}]");
    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create(RunLog log) => new VerbCommand(
        "bench",
        "Measures images/s and latency of models on this machine, as an application would see them.",
        "bench model.zip",
        "bench int8.zip fp32.zip --images photos --json")
    {
        Models, Images, CallSize, Seconds, Device, Json,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        DeviceChoice device = DeviceSelector.Choose(ComputeDevice.Parse(result.GetRequiredValue(Device)));
        log.Say($"Device: {device.Device} ({device.Reason}).");
        List<MeasuredModel> models = [];
        try
        {
            foreach (string path in result.GetRequiredValue(Models)) models.Add(MeasuredModel.Load(path, result.GetRequiredValue(Device)));
            using SpeedPictures pictures = TakePictures(result, log, cancellationToken);
            log.Say($"Pictures: {pictures.Description}.");
            SpeedReport report = new()
            {
                Device = device.Device.ToString(),
                ProcessorCount = Environment.ProcessorCount,
                Pictures = pictures.Description,
                SecondsPerCell = result.GetValue(Seconds) ?? UsualSeconds,
                Rows = Measure(result, Cells(result, models, pictures), log, cancellationToken),
            };
            if (result.GetValue(Json)) report.PrintJson();
            else report.PrintTable();
            return pictures.FailedCount > 0 ? ExitCode.FailedImages : ExitCode.Ok;
        }
        finally
        {
            models.ForEach(model => model.Dispose());
        }
    }

    private static SpeedPictures TakePictures(ParseResult result, RunLog log, CancellationToken cancellationToken) =>
        result.GetValue(Images) is { } folder
            ? SpeedPictures.Read(folder, log.Say, cancellationToken)
            : SpeedPictures.Draw(cancellationToken);

    /// <summary>What is to be measured: each model with single images, and with many a call.</summary>
    private static SpeedCell[] Cells(ParseResult result, List<MeasuredModel> models, SpeedPictures pictures)
    {
        int[] sizes = [.. new[] { 1, result.GetValue(CallSize) ?? UsualCallSize }.Distinct()];
        return [.. models.SelectMany(model => sizes.Select(size => new SpeedCell(model, size, pictures.Paths, TimeProvider.System)))];
    }

    /// <summary>Measures all cells for the time that was asked for.</summary>
    private static SpeedRow[] Measure(ParseResult result, SpeedCell[] cells, RunLog log, CancellationToken cancellationToken)
    {
        var duration = TimeSpan.FromSeconds((result.GetValue(Seconds) ?? UsualSeconds) / TurnCount);
        StepDisplay.Run(log, TimeProvider.System, display => TakeTurns(cells, duration, display, cancellationToken));
        return [.. cells.SelectMany(cell => cell.Rows())];
    }

    /// <summary>Goes round all cells, so that each is measured in several pieces spread over the whole time.</summary>
    private static bool TakeTurns(SpeedCell[] cells, TimeSpan duration, StepDisplay display, CancellationToken cancellationToken)
    {
        foreach (SpeedCell cell in cells) cell.WarmUp(cancellationToken);
        int total = TurnCount * cells.Length;
        for (int turn = 0; turn < total; turn++)
        {
            SpeedCell cell = cells[turn % cells.Length];
            display.Show($"Measuring {cell.Title}", (double)turn / total);
            cell.Measure(duration, cancellationToken);
        }

        return true;
    }
}
