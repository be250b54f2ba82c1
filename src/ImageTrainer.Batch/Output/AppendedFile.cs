using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// A file that grows at its end. Nothing reaches it but by <see cref="Flush"/>, so that closing it after a failure fails no second time.
/// Not safe for concurrent use.
/// </summary>
internal sealed class AppendedFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly ArrayBufferWriter<byte> _buffer = new();

    private AppendedFile(string path, SafeFileHandle handle) => (Path, _handle) = (path, handle);

    /// <summary>Path of the file.</summary>
    public string Path { get; }

    /// <summary>Bytes that have reached the file.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes written, those still in memory included.</summary>
    public long WrittenLength => Length + _buffer.WrittenCount;

    /// <summary>Where to write.</summary>
    public IBufferWriter<byte> Buffer => _buffer;

    /// <summary>Opens a file, or makes it.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="share">
    /// What others may do meanwhile; none keeps other processes of this program out until this one ends, however it does.
    /// </param>
    /// <exception cref="IOException">It cannot be opened, or another process has it.</exception>
    public static AppendedFile Open(string path, FileShare share = FileShare.Read)
    {
        SafeFileHandle handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share);
        return new AppendedFile(path, handle) { Length = RandomAccess.GetLength(handle) };
    }

    /// <summary>Reads what is in the file.</summary>
    public byte[] ReadAll()
    {
        byte[] content = new byte[Length];
        int count = 0;
        while (count < content.Length && RandomAccess.Read(_handle, content.AsSpan(count), count) is > 0 and var more) count += more;
        return content[..count];
    }

    /// <summary>Cuts the file, and forgets what is in memory.</summary>
    /// <exception cref="ScoringOutputException">It is shorter than that, or cannot be cut.</exception>
    public void Truncate(long length) => Attempt(() =>
    {
        if (RandomAccess.GetLength(_handle) < length)
        {
            throw new ScoringOutputException(
                Path, $"it has fewer than the {length} bytes that were committed, so someone else has changed it");
        }

        RandomAccess.SetLength(_handle, length);
        _buffer.ResetWrittenCount();
        Length = length;
    });

    /// <summary>Hands what was written to the operating system.</summary>
    /// <exception cref="ScoringOutputException">The disk is full, or fails.</exception>
    public void Flush() => Attempt(() =>
    {
        RandomAccess.Write(_handle, _buffer.WrittenSpan, Length);
        Length += _buffer.WrittenCount;
        _buffer.ResetWrittenCount();
    });

    /// <summary>Makes sure that what was written outlives a power cut.</summary>
    /// <exception cref="ScoringOutputException">The disk is full, or fails.</exception>
    public void FlushToDisk()
    {
        Flush();
        Attempt(() => RandomAccess.FlushToDisk(_handle));
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ScoringOutputException(Path, exception.Message, exception);
        }
    }
}
