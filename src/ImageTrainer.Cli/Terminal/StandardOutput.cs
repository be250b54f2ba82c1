using System.Runtime.InteropServices;
using System.Text;

namespace ImageTrainer.Cli.Terminal;

/// <summary>Tells whether anybody still reads stdout: .NET's console swallows the broken pipe that would say so.</summary>
internal static class StandardOutput
{
    /// <summary>The file descriptor of stdout.</summary>
    private const int Descriptor = 1;

    /// <summary>POLLERR: the other end of a pipe is closed.</summary>
    private const short ErrorEvent = 8;

    /// <summary>POLLHUP: the same, as some systems tell it.</summary>
    private const short HangUpEvent = 16;

    /// <summary>Whether stdout is a pipe whose reader has gone, as after <c>| head -1</c>. Always false on Windows.</summary>
    public static bool IsAbandoned
    {
        get
        {
            if (OperatingSystem.IsWindows()) return false;
            var request = new PollRequest { Descriptor = Descriptor };
            return Poll(ref request, 1, 0) > 0 && (request.Result & (ErrorEvent | HangUpEvent)) != 0;
        }
    }

    /// <summary>Asks the system what has become of a descriptor; 0 milliseconds ask and don't wait.</summary>
    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollRequest requests, nuint count, int timeoutMilliseconds);

    /// <summary>
    /// What <see cref="Poll"/> is asked and answers. struct pollfd of POSIX; events 0 asks for errors and hang-ups alone.
    /// </summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Requested;
        public short Result;
    }
}

/// <summary>Standard output, whose failures say what it is that failed. A reader that has gone is none.</summary>
internal sealed class OutputStream : Stream
{
    /// <summary>The stream itself, opened when first written to: where stdout is closed, that is what fails.</summary>
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
