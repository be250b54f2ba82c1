using System.Text;
using ImageTrainer.Csv;

namespace ImageTrainer.Data;

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
