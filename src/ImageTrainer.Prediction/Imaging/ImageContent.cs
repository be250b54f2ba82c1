using System.Buffers;

namespace ImageTrainer.Imaging;

/// <summary>The bytes of one file or stream in a pooled buffer; disposing gives the buffer back.</summary>
internal sealed class ImageContent : IDisposable
{
    private byte[] _buffer;
    private int _length;

    private ImageContent(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, ImageFormats.HeaderLength));

    /// <summary>The content; valid until this is disposed.</summary>
    internal ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    /// <summary>Reads a file. One whose first bytes are no image's is not read further.</summary>
    /// <exception cref="ImageDecodeException">It cannot be read, or is no image.</exception>
    internal static ImageContent FromFile(string path)
    {
        try
        {
            const FileShare Everyone = FileShare.ReadWrite | FileShare.Delete;
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, Everyone, bufferSize: 0, FileOptions.SequentialScan);
            return Read(file, file.CanSeek ? file.Length : 0, path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ImageDecodeException(path, Reason(path, cause), format: null, cause);
        }
    }

    /// <summary>Reads a stream from where it stands to its end, and leaves it open.</summary>
    /// <exception cref="ImageDecodeException">It cannot be read, or holds no image.</exception>
    internal static ImageContent FromStream(Stream stream)
    {
        try
        {
            return Read(stream, stream.CanSeek ? stream.Length - stream.Position : 0, path: null);
        }
        catch (IOException cause)
        {
            throw new ImageDecodeException(path: null, "the stream failed", format: null, cause);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private static ImageContent Read(Stream stream, long expectedLength, string? path)
    {
        var content = new ImageContent((int)Math.Clamp(expectedLength, 0, Array.MaxLength));
        try
        {
            content.Fill(stream, ImageFormats.HeaderLength);
            string format = EncodedImage.RecogniseFormat(content.Bytes.Span, path);
            while (content.Fill(stream, content._buffer.Length))
            {
                if (content._length == Array.MaxLength)
                    throw new ImageDecodeException(path, "the file is larger than 2 GB", format);
                content.Grow();
            }

            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    // Gives false once the stream has ended.
    private bool Fill(Stream stream, int target)
    {
        while (_length < target)
        {
            int count = stream.Read(_buffer, _length, target - _length);
            if (count == 0)
                return false;
            _length += count;
        }

        return true;
    }

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * _buffer.Length, Array.MaxLength));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static string Reason(string path, Exception cause) => cause switch
    {
        _ when Directory.Exists(path) => "it is a folder",
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException => "access to it is denied",
        PathTooLongException => "its path is too long",
        ArgumentException or NotSupportedException => "its path is not valid",
        _ => "the file could not be read to its end",
    };
}
