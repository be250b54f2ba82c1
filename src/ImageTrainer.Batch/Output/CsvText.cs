using System.Buffers;
using System.Text;

namespace ImageTrainer.Batch.Output;

/// <summary>Fields of CSV in UTF-8. Lines end in LF on every platform, so that equal jobs give equal files.</summary>
internal static class CsvText
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create("\",\r\n\t;");

    /// <summary>Appends the text of a field, in quotes where it needs them.</summary>
    public static void AppendText(this StringBuilder line, string field)
    {
        if (!NeedsQuotes(field)) line.Append(field);
        else line.Append('"').Append(field.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
    }

    /// <summary>Ends a line and writes it.</summary>
    public static void WriteLine(this StringBuilder line, IBufferWriter<byte> output)
    {
        line.Append('\n');
        // As a whole: a character of two parts may lie across the builder's chunks.
        Encoding.UTF8.GetBytes(line.ToString(), output);
        line.Clear();
    }

    // U+FEFF at the start would be a byte order mark, and spreadsheets drop spaces at the ends of plain fields.
    private static bool NeedsQuotes(string field) => field.Length > 0
        && (field[0] == '\uFEFF' || char.IsWhiteSpace(field[0]) || char.IsWhiteSpace(field[^1]) || field.AsSpan().ContainsAny(NeedQuotes));
}
