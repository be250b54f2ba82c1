using System.CommandLine;
using System.Globalization;
using System.Text;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer inspect-model</c>: what a model zip says of itself, ours or ML.NET's.</summary>
internal static class InspectModelVerb
{
    private static readonly Argument<string> Model = new("file") { Description = "A model.zip, or any model that ML.NET saved." };

    public static Command Create(RunLog log) => new VerbCommand(
        "inspect-model",
        "Prints the steps of a model, and its labels and manifest where ImageTrainer made it.",
        "inspect-model model.zip")
    {
        Model,
    }.Running((result, _, _) => Execute(result.GetRequiredValue(Model)), log);

    private static ExitCode Execute(string path)
    {
        ModelInspection inspection = ModelInspection.Read(path);
        var text = new StringBuilder();
        AppendLine(text, $"{path}: {Describe(inspection)}");
        AppendTitle(text, "Steps of ML.NET");
        foreach (string step in inspection.Steps) AppendLine(text, $"  {step}");
        if (inspection.Manifest is { } manifest)
        {
            AppendLabels(text, manifest.Labels);
            AppendManifest(text, manifest);
        }

        Console.Out.Write(text.ToString());
        return ExitCode.Ok;
    }

    private static string Describe(ModelInspection inspection) => inspection.Manifest is { } manifest
        ? $"a model of ImageTrainer {manifest.LibraryVersion} that ML.NET reads too; all its checksums agree"
        : "a model of ML.NET; not ImageTrainer's, so the other verbs cannot use it";

    private static void AppendLabels(StringBuilder text, IReadOnlyList<string> labels)
    {
        AppendTitle(text, string.Create(CultureInfo.InvariantCulture, $"Labels ({labels.Count})"));
        foreach (string label in labels) AppendLine(text, $"  {label}");
    }

    private static void AppendManifest(StringBuilder text, ModelManifest manifest)
    {
        AppendTitle(text, "Manifest");
        foreach (string line in Encoding.UTF8.GetString(manifest.ToJson()).Split('\n')) AppendLine(text, line);
    }

    private static void AppendTitle(StringBuilder text, string title) => text.AppendLine().AppendLine(title);

    private static void AppendLine(StringBuilder text, string line) => text.AppendLine(VisibleText.Of(line));
}
