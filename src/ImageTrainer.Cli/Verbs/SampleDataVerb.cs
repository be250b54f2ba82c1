using System.CommandLine;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.SampleData;
using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer sample-data</c>: draws a labelled data set to try things on.</summary>
internal static class SampleDataVerb
{
    private static readonly Argument<string> Folder = new("folder") { Description = "Folder to write to; new or empty." };
    private static readonly RecordOption PerClass =
        new("--per-class", typeof(SurfaceDefectOptions), nameof(SurfaceDefectOptions.ImagesPerClass));
    private static readonly RecordOption Seed = new("--seed", typeof(SurfaceDefectOptions), nameof(SurfaceDefectOptions.Seed));
    private static readonly RecordOptions<SurfaceDefectOptions> Options = new() { PerClass, Seed };

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
            throw new UsageException($"'{folder}' exists and is not empty; name a new folder.");
        WritablePlace.RequireFolder(folder, $"The folder '{folder}'", option: null);
        SurfaceDefectOptions options = Options.Read(result);
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
