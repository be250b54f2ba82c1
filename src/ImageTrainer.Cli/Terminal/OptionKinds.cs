using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace ImageTrainer.Cli.Terminal;

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

/// <summary>Options that take one of a few names.</summary>
internal static class Choice
{
    /// <summary>Makes an option that takes one of an enumeration's names, in lower case; null where it is not given.</summary>
    public static Option<T?> CreateOption<T>(string name, string description)
        where T : struct, Enum
    {
        string[] names = [.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())];
        return new Option<T?>(name)
        {
            Description = description,
            HelpName = string.Join('|', names),
            CustomParser = result => Parse<T>(name, names, result),
        };
    }

    private static T? Parse<T>(string name, string[] names, ArgumentResult result)
        where T : struct, Enum
    {
        string text = result.Tokens[0].Value;
        if (names.Contains(text)) return Enum.Parse<T>(text, ignoreCase: true);
        string none = names.Length == 2 ? "neither" : "none of them";
        result.AddError($"{name} takes {string.Join(", ", names[..^1])} or {names[^1]}, and '{text}' is {none}.");
        return null;
    }
}
