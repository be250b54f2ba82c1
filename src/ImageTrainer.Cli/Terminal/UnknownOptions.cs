using System.CommandLine;
using System.CommandLine.Parsing;

namespace ImageTrainer.Cli.Terminal;

/// <summary>Finds misspelt options, which would else be taken for inputs.</summary>
internal static class UnknownOptions
{
    /// <summary>Letters that a misspelt option may differ in and still be recognised.</summary>
    private const int MostEdits = 2;

    /// <summary>
    /// A sentence for each word that looks like an option and is none. "-" alone is standard input, what follows "--" is no option, and the
    /// value of an option may begin with one dash, as negative numbers do.
    /// </summary>
    public static IEnumerable<string> Describe(ParseResult result)
    {
        if (result.Action is HelpWithExamples) return [];
        HashSet<Token> values = [.. result.CommandResult.Children.OfType<OptionResult>().SelectMany(option => option.Tokens)];
        IEnumerable<Option> everywhere = result.RootCommandResult.Command.Options.Where(option => option.Recursive);
        string[] known = [.. result.CommandResult.Command.Options.Concat(everywhere).Select(option => option.Name)];
        return
            from token in result.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
            where token.Type == TokenType.Argument && token.Value != "-"
                && token.Value.StartsWith(values.Contains(token) ? "--" : "-", StringComparison.Ordinal)
            select Describe(token.Value, known);
    }

    /// <summary>What is wrong with one word, and which option was meant as far as one is near.</summary>
    private static string Describe(string word, string[] known)
    {
        string name = word.Split('=', 2)[0];
        if (known.Contains(name)) return $"'{name}' is in the wrong place: options follow the verb, and each value follows its option.";
        int mostEdits = Math.Min(MostEdits, name.Trim('-').Length - 1);
        string? nearest = known.Where(option => Distance(name, option) <= mostEdits).MinBy(option => Distance(name, option));
        string meant = nearest is null ? "" : $" Did you mean {nearest}?";
        return $"There is no option '{name}'.{meant} A file of that name is './{word}'.";
    }

    /// <summary>
    /// Levenshtein's distance between two words ("Binary codes capable of correcting deletions, insertions, and reversals", 1966), row by
    /// row. Levenshtein's: how many letters to put in, take out or change.
    /// </summary>
    private static int Distance(string one, string other)
    {
        int[] row = [.. Enumerable.Range(0, other.Length + 1)];
        for (int i = 0; i < one.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < other.Length; j++)
            {
                int changed = diagonal + (one[i] == other[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(changed, 1 + Math.Min(row[j], diagonal));
            }
        }

        return row[^1];
    }
}
