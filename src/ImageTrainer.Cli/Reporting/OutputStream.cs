using System.Text;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Standard output, whose failures say what it is that failed. A reader that has gone is none.</summary>
internal sealed class OutputStream : Stream
{
    private readonly Lazy<Stream> _console = new(Console.OpenStandardOutput);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>A writer that <see cref="Console.Out"/> can be.</summary>
    public static TextWriter NewWriter() =>
        new StreamWriter(new OutputStream(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { AutoFlush = true };

    /// <inheritdoc/>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            _console.Value.Write(buffer, offset, count);
        }
        catch (IOException exception)
        {
            throw new OutputException(exception.Message.TrimEnd('.'), exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new OutputException("it is closed", exception);
        }
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        // What is written is not held back.
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>Standard output cannot be written.</summary>
internal sealed class OutputException(string reason, Exception innerException)
    : Exception($"Standard output cannot be written: {reason}.", innerException);
