using System.CommandLine;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.SampleData;
using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer sample-data</c>: draws a labelled data set to try things on.</summary>
internal static class SampleDataVerb
{
    private static readonly NumberRange<int> ImagesAClass = new(1, 100_000, "1 to 100,000");
    private static readonly Argument<string> Folder = new("folder") { Description = "Folder to write to; new or empty." };
    private static readonly Option<int?> PerClass =
        ImagesAClass.CreateOption("--per-class", "N", "Images of each class, 1 to 100,000. [default: 40]");
    private static readonly Option<int?> Seed = SharedOptions.Seed();

    public static Command Create(RunLog log) => new VerbCommand(
        "sample-data",
        $"Draws a labelled data set to try things on: brushed metal in the classes {string.Join(", ", SurfaceDefectSamples.Labels)}.",
        "sample-data surfaces",
        "sample-data surfaces --per-class 200 --seed 7")
    {
        Folder, PerClass, Seed,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        string folder = result.GetRequiredValue(Folder);
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new UsageException($"'{folder}' is there already and not empty; name a new folder.");
        WritablePlace.RequireFolder(folder, $"The folder '{folder}'", option: null);
        var options = new SurfaceDefectOptions { Seed = result.GetValue(Seed) ?? 1 };
        if (result.GetValue(PerClass) is { } count) options = options with { ImagesPerClass = count };
        StepDisplay.Run(log, TimeProvider.System, display => Draw(folder, options, display, cancellationToken));
        log.Say($"Train on them: {CommandName.Text} train {CommandName.QuotePath(folder)}");
        return ExitCode.Ok;
    }

    private static int Draw(string folder, SurfaceDefectOptions options, StepDisplay display, CancellationToken cancellationToken)
    {
        var counter = new ImageCounter("Drawing", display, TimeProvider.System);
        int total = SurfaceDefectSamples.Labels.Count * options.ImagesPerClass;
        var progress = new Relay<int>(done => counter.Report(new(done, total, CachedCount: 0, BadCount: 0)));
        return SurfaceDefectSamples.WriteTo(folder, options, progress, cancellationToken);
    }
}
