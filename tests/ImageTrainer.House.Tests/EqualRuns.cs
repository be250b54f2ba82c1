using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageTrainer.House;

/// <summary>Two places that hold the same lines.</summary>
/// <param name="First">The earlier one.</param>
/// <param name="FirstLine">Its first line, from 1.</param>
/// <param name="Second">The later one.</param>
/// <param name="SecondLine">Its first line.</param>
/// <param name="Length">Equal lines.</param>
internal sealed record EqualRun(SourceFile First, int FirstLine, SourceFile Second, int SecondLine, int Length)
{
    /// <summary>Names both places.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Length} lines: {First.FullName}:{FirstLine} = {Second.FullName}:{SecondLine}");
}

/// <summary>
/// Finds runs of six or more equal lines in two places. Indentation and empty lines don't count; usings are left out, and so are lines of tables, which
/// are numbers, texts and brackets alone.
/// </summary>
internal static partial class EqualRuns
{
    /// <summary>Lines of the shortest run that counts.</summary>
    public const int Shortest = 6;

    /// <summary>Finds all runs, each once.</summary>
    public static IReadOnlyList<EqualRun> Find(IReadOnlyList<SourceFile> files)
    {
        (SourceFile File, (string Text, int Number)[] Lines)[] all = [.. files.Select(file => (file, Significant(file)))];
        var runs = new List<EqualRun>();
        var seen = new Dictionary<string, (int File, int Line)>(StringComparer.Ordinal);
        for (int file = 0; file < all.Length; file++)
        {
            for (int line = 0; line + Shortest <= all[file].Lines.Length; line++)
            {
                string key = string.Join('\n', all[file].Lines.Skip(line).Take(Shortest).Select(item => item.Text));
                if (seen.TryAdd(key, (file, line))) continue;
                (int first, int start) = seen[key];
                // Within one place that repeats itself a run would overlap its own copy.
                if (first == file && line - start < Shortest) continue;
                int length = LengthOf(all[first].Lines.AsSpan(start), all[file].Lines.AsSpan(line));
                runs.Add(new EqualRun(all[first].File, all[first].Lines[start].Number, all[file].File, all[file].Lines[line].Number, length));
                line += length - 1;
            }
        }

        return runs;
    }

    private static int LengthOf(ReadOnlySpan<(string Text, int Number)> first, ReadOnlySpan<(string Text, int Number)> second)
    {
        int length = 0;
        while (length < first.Length && length < second.Length && first[length].Text == second[length].Text) length++;
        return length;
    }

    private static (string Text, int Number)[] Significant(SourceFile file) =>
    [
        .. file.Lines.Select((line, index) => (Text: line.Trim(), Number: index + 1))
            .Where(line => line.Text.Length > 0 && !line.Text.StartsWith("using ", StringComparison.Ordinal) && !IsTable(line.Text)),
    ];

    private static bool IsTable(string line) => line is not ("{" or "}") && Table().IsMatch(line);

    [GeneratedRegex("""^(?:"[^"]*"|[\d\s.,\-+()\[\]{}:=;]|0x[\dA-Fa-f_]+|\bnew\b|\bnull\b|\btrue\b|\bfalse\b)+$""", RegexOptions.CultureInvariant)]
    private static partial Regex Table();
}
