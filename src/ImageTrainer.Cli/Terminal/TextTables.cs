using ImageTrainer.Models;
using Spectre.Console;

namespace ImageTrainer.Cli.Terminal;

/// <summary>Tables on stdout: drawn with lines on a terminal, in plain characters elsewhere.</summary>
internal static class TextTables
{
    /// <summary>Columns of a table that goes into a file or a pipe.</summary>
    private const int PlainWidth = 120;

    /// <summary>A table with its first column left and all others right aligned.</summary>
    public static Table New(params string[] columns)
    {
        Table table = NewLeftAligned(columns);
        foreach (TableColumn column in table.Columns.Skip(1)) column.Alignment = Justify.Right;
        return table;
    }

    /// <summary>A table with all columns left aligned.</summary>
    public static Table NewLeftAligned(params string[] columns) =>
        new Table { Border = Console.IsOutputRedirected ? TableBorder.Ascii : TableBorder.Rounded }.AddColumns(columns);

    /// <summary>The text of a cell as it is: no markup, and nothing that a terminal would obey.</summary>
    public static string Cell(string text) => Markup.Escape(VisibleText.Of(text));

    /// <summary>Writes tables one below the other.</summary>
    public static void Write(params IEnumerable<Table> tables)
    {
        bool isPlain = Console.IsOutputRedirected;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Out),
            // Build servers are taken for terminals otherwise.
            Ansi = isPlain ? AnsiSupport.No : AnsiSupport.Detect,
        });
        if (isPlain) console.Profile.Width = PlainWidth;
        foreach (Table table in tables) console.Write(table);
    }
}
