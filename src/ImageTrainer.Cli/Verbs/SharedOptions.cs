using System.CommandLine;
using System.CommandLine.Parsing;
using ImageTrainer.Onnx;

namespace ImageTrainer.Cli.Verbs;

/// <summary>Options that several verbs have.</summary>
internal static class SharedOptions
{
    public static Option<string> Device()
    {
        var option = new Option<string>("--device")
        {
            Description = "Where the network runs: auto, cpu, cuda or cuda:N.",
            DefaultValueFactory = _ => "auto",
        };
        option.Validators.Add(result => Check(result, () => ComputeDevice.Parse(result.GetValueOrDefault<string>())));
        return option;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of text." };

    public static Option<double?> MinAccuracy()
    {
        var option = new Option<double?>("--min-accuracy") { Description = "End with exit code 4 when micro-accuracy is below this share, 0 to 1." };
        option.Validators.Add(result => RequireFraction(result, option, includesEnds: true));
        return option;
    }

    /// <summary>Refuses a number outside 0 to 1.</summary>
    public static void RequireFraction(OptionResult result, Option<double?> option, bool includesEnds)
    {
        if (result.GetValue(option) is not { } value) return;
        bool isInside = includesEnds ? value is >= 0 and <= 1 : value is > 0 and < 1;
        if (!isInside) result.AddError($"{option.Name} takes a share between 0 and 1, and {result.Tokens[0].Value} is not one.");
    }

    private static void Check(OptionResult result, Action parse)
    {
        try
        {
            parse();
        }
        catch (ArgumentException exception)
        {
            result.AddError(exception.Message.Split(" (Parameter", 2)[0]);
        }
    }
}
