using System.Buffers;

namespace ImageTrainer.Batch.Merging;

/// <summary>The records of one part's file, each with its place in the whole input.</summary>
internal sealed class PartCursor : IDisposable
{
    private readonly string _path;
    private readonly RecordReader _reader;
    private readonly IEnumerator<long> _positions;

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="positions">The places of its records, in order.</param>
    /// <param name="hasQuotes">Whether it is CSV.</param>
    public PartCursor(string path, IEnumerable<long> positions, bool hasQuotes)
    {
        _path = path;
        _reader = new RecordReader(Read(() => File.OpenRead(path)), hasQuotes);
        _positions = positions.GetEnumerator();
    }

    /// <summary>The place of <see cref="Record"/>.</summary>
    public long Position => _positions.Current;

    /// <summary>The record that was read last, line end included.</summary>
    public ReadOnlySpan<byte> Record => _reader.Record;

    /// <summary>Reads the line that has no place.</summary>
    /// <exception cref="ScoringRefusedException">The file cannot be read.</exception>
    public void ReadHeader() => Read(_reader.TryRead);

    /// <summary>Reads the next record; false at the end.</summary>
    /// <exception cref="ScoringRefusedException">The file cannot be read, or has more or fewer records than its journal says.</exception>
    public bool TryRead()
    {
        bool hasRecord = Read(_reader.TryRead);
        if (hasRecord != _positions.MoveNext())
            throw new ScoringRefusedException(
                ScoringRefusal.PartsDisagree, $"Cannot merge: '{_path}' has more or fewer rows than its journal says; score it again.");
        return hasRecord;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _positions.Dispose();
    }

    /// <summary>Reads, and names the part where it cannot be.</summary>
    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScoringRefusedException(
                ScoringRefusal.PartsDisagree, $"Cannot merge: '{_path}' cannot be read ({exception.Message.TrimEnd('.')}).");
        }
    }
}

/// <summary>Reads the records of a file as the bytes they are, line end included; of CSV, line breaks in quotes do not end one.</summary>
/// <param name="stream">The file, closed with this.</param>
/// <param name="hasQuotes">Whether it is CSV.</param>
internal sealed class RecordReader(Stream stream, bool hasQuotes) : IDisposable
{
    /// <summary>The piece of the file that is being looked through.</summary>
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

    /// <summary>Where the record under way ends. Just behind the line end; -1 where it is not in this piece.</summary>
    /// <param name="piece">What is left of the input that was read.</param>
    /// <param name="isQuoted">Whether it begins within quotes; afterwards, whether it ends so.</param>
    private int FindEnd(ReadOnlySpan<byte> piece, ref bool isQuoted)
    {
        for (int i = 0; i < piece.Length; i++)
        {
            if (piece[i] == '"' && hasQuotes) isQuoted = !isQuoted;
            if (piece[i] == '\n' && !isQuoted) return i + 1;
        }

        return -1;
    }

    /// <summary>Reads the next piece; false at the end of the file.</summary>
    private bool Fill()
    {
        _position = 0;
        return (_count = stream.Read(_input)) > 0;
    }
}
