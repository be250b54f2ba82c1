using System.CommandLine;
using ImageTrainer.Data.SurfaceDefects;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer sample-data</c>: draws a labelled data set to try things on.</summary>
internal static class SampleDataVerb
{
    private static readonly Argument<string> Folder = new("folder") { Description = "Folder to write to; new or empty." };
    private static readonly Option<int> PerClass = new("--per-class") { Description = "Images a class, 1 to 100,000.", DefaultValueFactory = _ => 40 };
    private static readonly Option<int> Seed = new("--seed") { Description = "Another seed draws other images.", DefaultValueFactory = _ => 1 };

    public static Command Create()
    {
        PerClass.Validators.Add(result =>
        {
            if (result.GetValue(PerClass) is < 1 or > 100_000) result.AddError("--per-class takes 1 to 100,000.");
        });
        var command = new Command("sample-data",
            """
            Draws photos of brushed metal in five classes: ok, scratch, dent, stain, crack.

            Example: imagetrainer sample-data /tmp/surfaces --per-class 40
            """)
        {
            Folder, PerClass, Seed,
        };
        command.SetAction((result, cancellationToken) => Task.Run(() => (int)Execute(result, cancellationToken), CancellationToken.None));
        return command;
    }

    private static ExitCode Execute(ParseResult result, CancellationToken cancellationToken)
    {
        string folder = result.GetRequiredValue(Folder);
        if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            throw new UsageException($"'{folder}' is there already and not empty; name a new folder.");
        var options = new SurfaceDefectOptions { ImagesPerClass = result.GetValue(PerClass), Seed = result.GetValue(Seed) };
        int count = SurfaceDefectSamples.WriteTo(folder, options, cancellationToken);
        Console.Error.WriteLine($"{count} images in {SurfaceDefectSamples.Labels.Count} classes. Train on them: {CommandName.Text} train {CommandName.Quote(folder)}");
        return ExitCode.Ok;
    }
}
