using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ImageTrainer.Cli.Arguments;

/// <summary>The numbers that an option takes.</summary>
/// <param name="Minimum">Least of them.</param>
/// <param name="Maximum">Greatest of them.</param>
/// <param name="Text">The same in words: "a whole number of 1 or more".</param>
internal sealed record NumberRange<T>(T Minimum, T Maximum, string Text)
    where T : struct, INumber<T>
{
    /// <summary>Makes an option that refuses everything else in plain words; null where it is not given.</summary>
    public Option<T?> CreateOption(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Parse(name, result),
    };

    private T? Parse(string name, ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (T.TryParse(text, CultureInfo.InvariantCulture, out T value) && value >= Minimum && value <= Maximum) return value;
        result.AddError($"{name} takes {Text}, and '{text}' is not.");
        return null;
    }
}
