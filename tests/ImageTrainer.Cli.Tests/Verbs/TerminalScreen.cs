using System.Text.RegularExpressions;

namespace ImageTrainer.Tests.Verbs;

/// <summary>A terminal of 80 columns and endless rows: what a user sees in the end of all that was written to it.</summary>
internal static partial class TerminalScreen
{
    private const int Width = 80;

    /// <summary>The lines on the screen, without spaces at their ends.</summary>
    public static IReadOnlyList<string> Show(string output)
    {
        var lines = new List<char[]> { NewLine() };
        int row = 0;
        int column = 0;
        foreach (Match token in Token().Matches(output))
        {
            if (token.Groups["command"].Value is { Length: > 0 } command) Obey(command[0], Number(token), lines, ref row, ref column);
            else if (token.Value == "\r") column = 0;
            else if (token.Value == "\n") row++;
            else if (token.Length == 1) Put(token.Value[0], lines, ref row, ref column);
            while (row >= lines.Count) lines.Add(NewLine());
        }

        return [.. lines.Select(line => new string(line).TrimEnd())];
    }

    private static void Put(char character, List<char[]> lines, ref int row, ref int column)
    {
        if (column == Width) (row, column) = (row + 1, 0);
        while (row >= lines.Count) lines.Add(NewLine());
        lines[row][column++] = character;
    }

    // Cursor up, cursor to the first column, erase the line; colours and the cursor's look change no text.
    private static void Obey(char command, int number, List<char[]> lines, ref int row, ref int column)
    {
        if (command == 'A') row = Math.Max(0, row - number);
        if (command == 'G') column = 0;
        if (command == 'K') lines[row] = NewLine();
    }

    private static int Number(Match token) => int.TryParse(token.Groups["number"].Value, out int number) ? number : 1;

    private static char[] NewLine() => [.. Enumerable.Repeat(' ', Width)];

    [GeneratedRegex("\u001b\\[\\??(?<number>\\d*)[\\d;]*(?<command>[A-Za-z])|\u001b[=>]|[\\s\\S]")]
    private static partial Regex Token();
}
