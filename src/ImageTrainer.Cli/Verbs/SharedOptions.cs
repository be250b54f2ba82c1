using System.CommandLine;
using System.CommandLine.Parsing;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Onnx;

namespace ImageTrainer.Cli.Verbs;

/// <summary>Options that several verbs have.</summary>
internal static class SharedOptions
{
    private static readonly NumberRange<double> Share = new(0, 1, "a share from 0 to 1");

    public static Option<string> Device()
    {
        var option = new Option<string>("--device")
        {
            Description = "Where the network runs.",
            HelpName = "auto|cpu|cuda[:N]",
            DefaultValueFactory = _ => new ImagePredictionEngineOptions().Device,
        };
        option.Validators.Add(CheckDevice);
        return option;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of text." };

    public static Option<double?> MinAccuracy() =>
        Share.CreateOption("--min-accuracy", "X", "End with exit code 4 if the micro-accuracy is below this share, 0 to 1.");

    private static void CheckDevice(OptionResult result)
    {
        try
        {
            ComputeDevice.Parse(result.GetValueOrDefault<string>());
        }
        catch (ArgumentException exception)
        {
            result.AddError(exception.Message.Split(" (Parameter", 2)[0]);
        }
    }
}
