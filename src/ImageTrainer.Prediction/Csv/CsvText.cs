using System.Buffers;
using System.Text;

namespace ImageTrainer.Csv;

/// <summary>Fields of delimited text as they are written, and names of columns as they are read.</summary>
internal static class CsvText
{
    /// <summary>Characters that are text only within quotes; tab and semicolon for programs that take them for delimiters.</summary>
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create("\",\r\n\t;");

    /// <summary>The text of a field, in quotes where it needs them, so that <see cref="CsvReader"/> reads it back exactly.</summary>
    public static string Quote(string field)
    {
        ArgumentNullException.ThrowIfNull(field);
        return NeedsQuotes(field) ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
    }

    /// <summary>Appends the text of a field.</summary>
    public static StringBuilder AppendField(this StringBuilder line, string field) => line.Append(Quote(field));

    /// <summary>
    /// Ends a line, writes it in UTF-8 and clears it. Lines end in LF on every platform, so that equal jobs give equal files.
    /// </summary>
    public static void WriteLine(this StringBuilder line, IBufferWriter<byte> output)
    {
        line.Append('\n');
        // As a whole: a character of two parts may lie across the builder's chunks.
        Encoding.UTF8.GetBytes(line.ToString(), output);
        line.Clear();
    }

    /// <summary>Whether a header means a column: case and spaces around it do not matter.</summary>
    public static bool IsColumn(string name, string column) => name.Trim().Equals(column, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Whether a field, written plainly, would be read back as another one. U+FEFF at the start would be a byte order mark, and
    /// spreadsheets drop spaces at the ends of plain fields.
    /// </summary>
    private static bool NeedsQuotes(string field) => field.Length > 0
        && (field[0] == '\uFEFF' || char.IsWhiteSpace(field[0]) || char.IsWhiteSpace(field[^1]) || field.AsSpan().ContainsAny(NeedQuotes));
}

/// <summary>
/// Writes delimited text by RFC 4180 that <see cref="CsvReader"/> reads back exactly; lines end in LF on every platform, so that equal runs
/// give equal files. Not safe for concurrent use.
/// </summary>
internal sealed class CsvWriter : IDisposable
{
    private readonly TextWriter _output;

    /// <summary>Writes to an open writer, which is closed with this one.</summary>
    public CsvWriter(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = output;
    }

    /// <summary>Writes to a new file in UTF-8 without byte order mark; a file that is there is replaced.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static CsvWriter Create(string path) =>
        new(new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));

    /// <summary>Writes one record.</summary>
    /// <param name="fields">One field or more, of any text.</param>
    public void Write(params ReadOnlySpan<string> fields)
    {
        ArgumentOutOfRangeException.ThrowIfZero(fields.Length);
        for (int i = 0; i < fields.Length; i++)
        {
            if (i > 0)
                _output.Write(',');
            // A lone empty field would be a blank line.
            _output.Write(fields is [""] ? "\"\"" : CsvText.Quote(fields[i]));
        }

        _output.Write('\n');
    }

    /// <summary>Writes what is left and closes the file.</summary>
    public void Dispose() => _output.Dispose();
}
