using System.Buffers;

namespace ImageTrainer.Batch.Merging;

/// <summary>Reads the records of a file as the bytes they are, line end included; of CSV, line breaks in quotes do not end one.</summary>
/// <param name="stream">The file, closed with this.</param>
/// <param name="hasQuotes">Whether it is CSV.</param>
internal sealed class RecordReader(Stream stream, bool hasQuotes) : IDisposable
{
    private readonly byte[] _input = new byte[1 << 14];
    private readonly ArrayBufferWriter<byte> _record = new();
    private int _position;
    private int _count;

    /// <summary>The record that was read last.</summary>
    public ReadOnlySpan<byte> Record => _record.WrittenSpan;

    /// <summary>Reads the next record; false at the end of the file.</summary>
    public bool TryRead()
    {
        _record.ResetWrittenCount();
        bool isQuoted = false;
        while (_position < _count || Fill())
        {
            ReadOnlySpan<byte> rest = _input.AsSpan(_position, _count - _position);
            int length = FindEnd(rest, ref isQuoted);
            _record.Write(rest[..(length < 0 ? rest.Length : length)]);
            _position += length < 0 ? rest.Length : length;
            if (length >= 0) return true;
        }

        return _record.WrittenCount > 0;
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    // Just behind the line end; -1 where it is not in this piece.
    private int FindEnd(ReadOnlySpan<byte> piece, ref bool isQuoted)
    {
        for (int i = 0; i < piece.Length; i++)
        {
            if (piece[i] == '"' && hasQuotes) isQuoted = !isQuoted;
            if (piece[i] == '\n' && !isQuoted) return i + 1;
        }

        return -1;
    }

    private bool Fill()
    {
        _position = 0;
        return (_count = stream.Read(_input)) > 0;
    }
}
