using System.CommandLine;
using System.CommandLine.Parsing;

namespace ImageTrainer.Cli.Arguments;

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
