using System.CommandLine;
using System.Globalization;
using System.Text;
using ImageTrainer.Cli.Arguments;
using ImageTrainer.Models;
using ImageTrainer.Models.MLNet;
using ImageTrainer.Models.MLNet.Idv;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer inspect-model</c>: what a model zip says of itself, ours or ML.NET's.</summary>
internal static class InspectModelVerb
{
    private static readonly Argument<string> Model = new("file") { Description = "A model.zip, or any model that ML.NET saved." };

    public static Command Create()
    {
        var command = new VerbCommand(
            "inspect-model",
            "Prints the steps, labels and columns of a model, and its manifest where ImageTrainer made it.",
            "inspect-model model.zip")
        {
            Model,
        };
        command.SetAction((result, _) => Task.Run(() => (int)Execute(result.GetRequiredValue(Model)), CancellationToken.None));
        return command;
    }

    private static ExitCode Execute(string path)
    {
        ModelInspection inspection = ModelInspection.Read(path);
        var text = new StringBuilder();
        AppendLine(text, $"{path}: {Describe(inspection)}");
        if (inspection.MLNet is { } model) AppendChain(text, model);
        AppendLabels(text, inspection.Labels);
        if (inspection.Manifest is { } manifest) AppendManifest(text, manifest);
        Console.Out.Write(text.ToString());
        return ExitCode.Ok;
    }

    private static string Describe(ModelInspection inspection) => inspection switch
    {
        { Manifest: { } manifest, MLNet: null } => $"a model of ImageTrainer {manifest.LibraryVersion} without its ML.NET part",
        { Manifest: { } manifest } => $"a model of ImageTrainer {manifest.LibraryVersion} that ML.NET reads too; all its hashes agree",
        { MLNet.Writer: { } writer } => $"a model of ML.NET, written by {writer}; not ImageTrainer's, so the other verbs cannot use it",
        _ => "a model of ML.NET; not ImageTrainer's, so the other verbs cannot use it",
    };

    private static void AppendChain(StringBuilder text, MLNetModel model)
    {
        AppendTitle(text, "Chain");
        string[] names = [.. model.Chain.Steps.Select(step => VisibleText.Of(step.Name))];
        int width = names.Select(name => name.Length).DefaultIfEmpty().Max();
        foreach ((string name, IComponent step) in names.Zip(model.Chain.Steps))
            AppendLine(text, $"  {name.PadRight(width)}  {step.Summary}");
        AppendTitle(text, "Input columns");
        if (model.InputSchema is null) AppendLine(text, "  not told");
        foreach (IdvColumn column in model.InputSchema?.Columns ?? [])
            AppendLine(text, $"  {column.Name}: {column.Type}");
    }

    private static void AppendLabels(StringBuilder text, IReadOnlyList<string>? labels)
    {
        AppendTitle(text, labels is null ? "Labels: not told" : string.Create(CultureInfo.InvariantCulture, $"Labels ({labels.Count})"));
        foreach (string label in labels ?? []) AppendLine(text, $"  {label}");
    }

    private static void AppendManifest(StringBuilder text, ModelManifest manifest)
    {
        AppendTitle(text, "Manifest");
        foreach (string line in Encoding.UTF8.GetString(manifest.ToJson()).Split('\n')) AppendLine(text, line);
    }

    private static void AppendTitle(StringBuilder text, string title) => text.AppendLine().AppendLine(title);

    private static void AppendLine(StringBuilder text, string line) => text.AppendLine(VisibleText.Of(line));
}
