using System.Text;

namespace ImageTrainer.Batch.Listing;

/// <summary>
/// Reads delimited text by RFC 4180 record by record from a stream, and keeps nothing but the record: lists may be longer than memory.
/// Lines may end in CR LF, LF or CR; blank lines are passed over; a quote inside an unquoted field is text.
/// </summary>
/// <param name="reader">The text.</param>
/// <param name="delimiter">What separates fields.</param>
/// <param name="path">The file to name in errors.</param>
internal sealed class CsvRecords(TextReader reader, char delimiter, string path)
{
    // A quote that is never closed would take the rest of the file for one field.
    private const int LongestField = 1 << 20;
    private readonly StringBuilder _field = new();

    /// <summary>Number of the line that is read, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>Reads the next record, or gives null at the end of the text.</summary>
    /// <exception cref="ScoringInputException">A quoted field does not end, or text follows its closing quote; names the line.</exception>
    public string[]? Read()
    {
        while (reader.Peek() is '\r' or '\n') SkipLineBreak();
        if (reader.Peek() < 0) return null;
        var fields = new List<string> { ReadField() };
        while (reader.Peek() == delimiter)
        {
            reader.Read();
            fields.Add(ReadField());
        }

        SkipLineBreak();
        return [.. fields];
    }

    private void SkipLineBreak()
    {
        if (reader.Read() == '\r' && reader.Peek() == '\n') reader.Read();
        Line++;
    }

    private string ReadField()
    {
        _field.Clear();
        if (reader.Peek() == '"') ReadQuoted();
        else while (!IsEndOfField(reader.Peek())) Append(reader.Read());
        return _field.ToString();
    }

    private void ReadQuoted()
    {
        long openingLine = Line;
        reader.Read();
        while (true)
        {
            int c = reader.Read();
            if (c < 0) throw Malformed(openingLine, "a quoted field begins and does not end; close it with a double quote");
            if (c == '\n' || (c == '\r' && reader.Peek() != '\n')) Line++;
            if (c != '"')
            {
                Append(c);
                continue;
            }

            if (reader.Peek() != '"') break;
            Append(reader.Read());
        }

        if (!IsEndOfField(reader.Peek()))
            throw Malformed(Line, "text follows a closing quote; write a quote inside a field as two quotes");
    }

    private bool IsEndOfField(int c) => c < 0 || c == delimiter || c is '\r' or '\n';

    private void Append(int c)
    {
        if (_field.Length == LongestField)
            throw Malformed(Line, "a field has more than a million characters; is a quote not closed?");
        _field.Append((char)c);
    }

    private ScoringInputException Malformed(long line, string fault) => new(path, $"Line {line} of '{path}': {fault}.");
}
