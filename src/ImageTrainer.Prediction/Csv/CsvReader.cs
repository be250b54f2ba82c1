using System.Text;

namespace ImageTrainer.Csv;

/// <summary>
/// Reads delimited text by RFC 4180: fields may stand in double quotes, where delimiters and line breaks are text and two quotes mean one.
/// More lenient in three points: lines may end in CR LF, LF or CR; blank lines are passed over; a quote inside an unquoted field is text.
/// Spaces belong to the field they stand in. Keeps nothing but the record it reads: lists may be longer than memory.
/// </summary>
/// <param name="text">The text, without byte order mark.</param>
/// <param name="delimiter">What separates fields.</param>
internal sealed class CsvReader(TextReader text, char delimiter = ',')
{
    /// <summary>Most characters of a field. A quote that is never closed would take the rest of the file for one field.</summary>
    private const int LongestField = 1 << 20;
    private readonly StringBuilder _field = new();

    /// <summary>Number of the line that is read, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <summary>Reads all records that are left, one at a time.</summary>
    /// <exception cref="CsvFormatException">A quoted field does not end, text follows its closing quote, or a field is over a million
    /// characters.</exception>
    public IEnumerable<CsvRecord> ReadAll()
    {
        while (Read() is { } record)
            yield return record;
    }

    /// <summary>Reads the next record, or gives null at the end of the text.</summary>
    /// <inheritdoc cref="ReadAll" path="/exception"/>
    public CsvRecord? Read()
    {
        while (text.Peek() is '\r' or '\n') SkipLineBreak();
        if (text.Peek() < 0) return null;
        long line = Line;
        var fields = new List<string> { ReadField() };
        while (text.Peek() == delimiter)
        {
            text.Read();
            fields.Add(ReadField());
        }

        SkipLineBreak();
        return new CsvRecord(line, fields);
    }

    /// <summary>Reads one line break. CR LF is one line break, not two.</summary>
    private void SkipLineBreak()
    {
        if (text.Read() == '\r' && text.Peek() == '\n') text.Read();
        Line++;
    }

    /// <summary>Reads up to the delimiter or the end of the line, which stay to be read.</summary>
    private string ReadField()
    {
        _field.Clear();
        if (text.Peek() == '"') ReadQuoted();
        else while (!IsEndOfField(text.Peek())) Append(text.Read());
        return _field.ToString();
    }

    /// <summary>Reads a field in double quotes, the opening one first.</summary>
    /// <exception cref="CsvFormatException">It does not end, or something follows its end.</exception>
    private void ReadQuoted()
    {
        long openingLine = Line;
        text.Read();
        while (true)
        {
            int c = text.Read();
            if (c < 0) throw new CsvFormatException(openingLine, "a quoted field begins and does not end; close it with a double quote");
            if (c == '\n' || (c == '\r' && text.Peek() != '\n')) Line++;
            if (c != '"')
            {
                Append(c);
                continue;
            }

            if (text.Peek() != '"') break;
            Append(text.Read());
        }

        if (!IsEndOfField(text.Peek()))
            throw new CsvFormatException(Line, "text follows a closing quote; write a quote inside a field as two quotes");
    }

    /// <summary>Whether a character, or -1 for the end of the text, ends an unquoted field.</summary>
    private bool IsEndOfField(int c) => c < 0 || c == delimiter || c is '\r' or '\n';

    /// <summary>Adds a character to the field.</summary>
    /// <exception cref="CsvFormatException">The field is longer than any that makes sense.</exception>
    private void Append(int c)
    {
        if (_field.Length == LongestField)
            throw new CsvFormatException(Line, "a field has more than a million characters; is a quote not closed?");
        _field.Append((char)c);
    }
}

/// <summary>One record of a delimited text: usually a line, more where a quoted field holds line breaks.</summary>
/// <param name="Line">Number of the line it starts on, from 1.</param>
/// <param name="Fields">Its fields, unquoted, one or more.</param>
internal readonly record struct CsvRecord(long Line, IReadOnlyList<string> Fields);

/// <summary>Delimited text is malformed. Whoever knows the file's name puts it into words with <see cref="Describe"/>.</summary>
/// <param name="line">Number of the line, from 1.</param>
/// <param name="fault">What is wrong and the way out, to stand behind a colon.</param>
internal sealed class CsvFormatException(long line, string fault) : FormatException($"Line {line}: {fault}.")
{
    /// <summary>A sentence that names the file.</summary>
    public string Describe(string file) => $"Line {line} of '{file}': {fault}.";
}
