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
        text.AppendLine(CultureInfo.InvariantCulture, $"{path}: {Describe(inspection)}");
        if (inspection.MLNet is { } model) AppendChain(text, model);
        AppendLabels(text, inspection.Labels);
        if (inspection.Manifest is { } manifest)
            text.AppendLine().AppendLine("Manifest").AppendLine(Encoding.UTF8.GetString(manifest.ToJson()));
        Console.Out.Write(text.ToString());
        return ExitCode.Ok;
    }

    private static string Describe(ModelInspection inspection) => inspection switch
    {
        { Manifest: { } manifest, MLNet: null } => $"a model of ImageTrainer {manifest.LibraryVersion} without its ML.NET part",
        { Manifest: { } manifest } => $"a model of ImageTrainer {manifest.LibraryVersion} that ML.NET reads too; all its hashes agree",
        { MLNet.Writer: { } writer } => $"a model of ML.NET, written by {Visible(writer)}; not ImageTrainer's, so the other verbs cannot use it",
        _ => "a model of ML.NET; not ImageTrainer's, so the other verbs cannot use it",
    };

    private static void AppendChain(StringBuilder text, MLNetModel model)
    {
        text.AppendLine().AppendLine("Chain");
        int width = model.Chain.Steps.Select(step => step.Name.Length).DefaultIfEmpty().Max();
        foreach (IComponent step in model.Chain.Steps)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {step.Name.PadRight(width)}  {Visible(step.Summary)}");
        text.AppendLine().AppendLine("Input columns");
        if (model.InputSchema is null) text.AppendLine("  not told");
        foreach (IdvColumn column in model.InputSchema?.Columns ?? [])
            text.AppendLine(CultureInfo.InvariantCulture, $"  {Visible(column.Name)}: {column.Type}");
    }

    private static void AppendLabels(StringBuilder text, IReadOnlyList<string>? labels)
    {
        text.AppendLine().AppendLine(labels is null ? "Labels: not told" : string.Create(CultureInfo.InvariantCulture, $"Labels ({labels.Count})"));
        foreach (string label in labels ?? []) text.AppendLine(CultureInfo.InvariantCulture, $"  {Visible(label)}");
    }

    // A file from anywhere must not steer the terminal, and a line break in a label must not look like two labels.
    private static string Visible(string text) => !text.Any(char.IsControl)
        ? text
        : string.Concat(text.Select(character => char.IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString()));
}
