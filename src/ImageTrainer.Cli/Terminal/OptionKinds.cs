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
    /// <param name="name">Name of the option: "--rows".</param>
    /// <param name="helpName">What stands for the number in help: "N".</param>
    /// <param name="description">The help, with range and default.</param>
    public Option<T?> CreateOption(string name, string helpName, string description) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result => Parse(name, result),
    };

    /// <summary>The number that was typed, or null and an error that says which numbers there are.</summary>
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
    /// <param name="name">Name of the option: "--format".</param>
    /// <param name="description">The help, with the default.</param>
    public static Option<T?> CreateOption<T>(string name, string description)
        where T : struct, Enum => new(name)
        {
            Description = description,
            HelpName = string.Join('|', NamesOf(typeof(T))),
            CustomParser = result => (T?)Parse(typeof(T), name, result),
        };

    /// <summary>The names of an enumeration as they are typed: in lower case, in its own order.</summary>
    public static string[] NamesOf(Type choices) => [.. Enum.GetNames(choices).Select(value => value.ToLowerInvariant())];

    /// <summary>The value that was typed, or null and an error in plain words.</summary>
    /// <param name="choices">The enumeration.</param>
    /// <param name="name">Name of the option.</param>
    /// <param name="result">What was typed.</param>
    public static object? Parse(Type choices, string name, ArgumentResult result)
    {
        (string text, string[] names) = (result.Tokens[0].Value, NamesOf(choices));
        if (names.Contains(text)) return Enum.Parse(choices, text, ignoreCase: true);
        string none = names.Length == 2 ? "neither" : "none of them";
        result.AddError($"{name} takes {string.Join(", ", names[..^1])} or {names[^1]}, and '{text}' is {none}.");
        return null;
    }
}
