using System.CommandLine;
using System.Globalization;
using System.Text;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Files;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer export</c>: parts of a model for other programs.</summary>
internal static class ExportVerb
{
    private const string Onnx = "onnx";
    private const string Labels = "labels";

    private static readonly Argument<string> Model = new("model") { Description = "A model.zip." };
    private static readonly Option<string> Format = new("--format")
    {
        Description = "onnx: the bare network, with labels and preprocessing in its metadata; "
            + "labels: one a line, in the order of Score.",
        Required = true,
    };

    private static readonly Option<string?> Output = new("--output")
    {
        Description = "File to write. [default: beside the model, as .onnx; labels go to standard output]",
        HelpName = "FILE",
    };

    public static Command Create(RunLog log)
    {
        Format.AcceptOnlyFromAmong(Onnx, Labels);
        return new VerbCommand(
            "export",
            "Writes the network as a bare ONNX file, or the labels, for other programs.",
            "export model.zip --format onnx",
            "export model.zip --format labels --output labels.txt")
        {
            Model, Format, Output,
        }.Running((result, log, _) => Execute(result, log), log);
    }

    private static ExitCode Execute(ParseResult result, RunLog log)
    {
        string model = result.GetRequiredValue(Model);
        string format = result.GetRequiredValue(Format);
        string? output = result.GetValue(Output) ?? DefaultOutput(model, format);
        if (output is not null)
        {
            new ProtectedInputs(model).RequireOutside(output, Output.Name);
            WritablePlace.RequireFile(output, Output.Name);
        }

        Action<Stream> write = Prepare(model, format);
        if (output is null)
        {
            using var standardOutput = new OutputStream();
            write(standardOutput);
            return ExitCode.Ok;
        }

        ReplacedFile.Write(output, write);
        log.Say(string.Create(CultureInfo.InvariantCulture, $"Wrote {output} ({new FileInfo(output).Length / 1e6:0.0} MB)."));
        return ExitCode.Ok;
    }

    /// <summary>Where the export goes by default: the network beside the model, labels to stdout, which is null.</summary>
    private static string? DefaultOutput(string model, string format) => format == Onnx ? Path.ChangeExtension(model, ".onnx") : null;

    /// <summary>Reads the model before any file is written, so that a faulty one leaves no half of an export behind.</summary>
    private static Action<Stream> Prepare(string model, string format)
    {
        var export = ModelExport.Load(model);
        if (format == Onnx) return export.WriteOnnx;
        byte[] list = Encoding.UTF8.GetBytes(ListLabels(export.Labels));
        return stream => stream.Write(list);
    }

    /// <summary>One label a line, in the order of the model's scores.</summary>
    /// <exception cref="UsageException">A label holds a line break.</exception>
    private static string ListLabels(IReadOnlyList<string> labels)
    {
        if (labels.FirstOrDefault(label => label.AsSpan().IndexOfAny('\r', '\n') >= 0) is { } broken)
            throw new UsageException(
                $"The label '{broken}' holds a line break, so it does not fit into a list with one label a line; "
                + "`inspect-model` shows all labels.");
        return string.Concat(labels.Select(label => label + "\n"));
    }
}
