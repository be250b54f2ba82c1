using System.Text;

namespace ImageTrainer.Data;

/// <summary>
/// Reads delimited text by RFC 4180: fields may stand in double quotes, where delimiters and line breaks are text and two quotes mean one.
/// More lenient in three points: lines may end in CR LF, LF or CR; blank lines are passed over; a quote inside an unquoted field is text.
/// Spaces belong to the field they stand in.
/// </summary>
internal sealed class CsvReader
{
    private readonly string _text;
    private readonly char _delimiter;
    private readonly string? _path;
    private readonly StringBuilder _quoted = new();
    private int _position;
    private int _line = 1;

    /// <summary>Prepares to read; nothing is read yet.</summary>
    /// <param name="text">The whole text, without byte order mark.</param>
    /// <param name="delimiter">What separates fields.</param>
    /// <param name="path">The file to name in errors, or null.</param>
    public CsvReader(string text, char delimiter = ',', string? path = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        (_text, _delimiter, _path) = (text, delimiter, path);
    }

    /// <summary>Reads all records that are left, one at a time.</summary>
    /// <exception cref="DatasetException">A quoted field does not end, or text follows its closing quote; names the line.</exception>
    public IEnumerable<CsvRecord> ReadAll()
    {
        while (Read() is { } record)
            yield return record;
    }

    /// <summary>Reads the next record, or gives null at the end of the text.</summary>
    /// <inheritdoc cref="ReadAll" path="/exception"/>
    public CsvRecord? Read()
    {
        while (_position < _text.Length && _text[_position] is '\r' or '\n')
            SkipLineBreak();
        if (_position == _text.Length)
            return null;
        int line = _line;
        var fields = new List<string> { ReadField() };
        while (_position < _text.Length && _text[_position] == _delimiter)
        {
            _position++;
            fields.Add(ReadField());
        }

        SkipLineBreak();
        return new CsvRecord(line, fields);
    }

    // CR LF is one line break, not two.
    private void SkipLineBreak()
    {
        if (_position == _text.Length)
            return;
        _position += _text.AsSpan(_position).StartsWith("\r\n") ? 2 : 1;
        _line++;
    }

    private string ReadField()
    {
        if (_position < _text.Length && _text[_position] == '"')
            return ReadQuotedField();
        int length = _text.AsSpan(_position).IndexOfAny(_delimiter, '\r', '\n');
        int end = length < 0 ? _text.Length : _position + length;
        string field = _text[_position..end];
        _position = end;
        return field;
    }

    private string ReadQuotedField()
    {
        int openingLine = _line;
        _quoted.Clear();
        for (_position++; _position < _text.Length; _position++)
        {
            char c = _text[_position];
            if (c == '"' && !IsAt(_position + 1, '"'))
            {
                _position++;
                RequireEndOfField();
                return _quoted.ToString();
            }

            if (c == '"')
                _position++;
            else if (c == '\n' || (c == '\r' && !IsAt(_position + 1, '\n')))
                _line++;
            _quoted.Append(c);
        }

        throw Malformed(openingLine, "a quoted field begins and does not end; close it with a double quote");
    }

    private void RequireEndOfField()
    {
        if (_position < _text.Length && _text[_position] != _delimiter && _text[_position] is not ('\r' or '\n'))
            throw Malformed(_line, "text follows a closing quote; write a quote inside a field as two quotes");
    }

    private bool IsAt(int position, char c) => position < _text.Length && _text[position] == c;

    private DatasetException Malformed(int line, string fault) =>
        new(_path, _path is null ? $"Line {line}: {fault}." : $"Line {line} of '{_path}': {fault}.");
}
