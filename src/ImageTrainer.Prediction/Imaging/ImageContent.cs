using System.Buffers;
using ImageTrainer.Files;

namespace ImageTrainer.Imaging;

/// <summary>The bytes of one file or stream in a pooled buffer; disposing gives the buffer back.</summary>
internal sealed class ImageContent : IDisposable
{
    private readonly string? _path;
    private readonly long _expectedLength;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(ImageFormats.HeaderLength);
    private int _length;

    // By the first bytes; null until they are here.
    private string? _format;

    private ImageContent(string? path, long expectedLength) => (_path, _expectedLength) = (path, expectedLength);

    /// <summary>The content; valid until this is disposed.</summary>
    internal ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, _length);

    // Until the format is known no more than that takes.
    private ArraySegment<byte> Space => new(_buffer, _length, (_format is null ? ImageFormats.HeaderLength : _buffer.Length) - _length);

    /// <summary>
    /// Reads a file. One whose first bytes are no image's is not read further; a pipe, a socket or a device is not opened.
    /// </summary>
    /// <exception cref="ImageDecodeException">It cannot be read, or is no image.</exception>
    internal static ImageContent FromFile(string path)
    {
        if (FileKind.FindSpecial(path) is { } kind)
            throw new ImageDecodeException(path, $"it is {kind}");
        try
        {
            const FileShare Everyone = FileShare.ReadWrite | FileShare.Delete;
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, Everyone, bufferSize: 0, FileOptions.SequentialScan);
            return Read(file, path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new ImageDecodeException(path, Reason(path, cause), format: null, cause);
        }
    }

    /// <summary>
    /// Reads a stream from where it stands to its end, and leaves it open. One that begins like no image is not read further.
    /// </summary>
    /// <exception cref="ImageDecodeException">It cannot be read, or holds no image.</exception>
    internal static ImageContent FromStream(Stream stream)
    {
        try
        {
            return Read(stream, path: null);
        }
        catch (IOException cause)
        {
            throw Failed(cause);
        }
    }

    /// <inheritdoc cref="FromStream"/>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal static async Task<ImageContent> FromStreamAsync(Stream stream, CancellationToken cancellationToken)
    {
        ImageContent? content = null;
        try
        {
            content = new ImageContent(path: null, LengthLeft(stream));
            while (content.Take(await stream.ReadAsync(content.Space, cancellationToken).ConfigureAwait(false)))
            {
            }

            return content;
        }
        catch (Exception cause)
        {
            content?.Dispose();
            if (cause is IOException) throw Failed(cause);
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _length = 0;
    }

    private static ImageContent Read(Stream stream, string? path)
    {
        var content = new ImageContent(path, LengthLeft(stream));
        try
        {
            ArraySegment<byte> space;
            do space = content.Space;
            while (content.Take(stream.Read(space.Array!, space.Offset, space.Count)));
            return content;
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private static long LengthLeft(Stream stream) => stream.CanSeek ? stream.Length - stream.Position : 0;

    private static ImageDecodeException Failed(Exception cause) => new(path: null, "the stream failed", format: null, cause);

    // Takes what has been read into the space, and makes some for the next; false at the end, where nothing has been read.
    private bool Take(int count)
    {
        _length += count;
        if (_format is null && (count == 0 || _length >= ImageFormats.HeaderLength))
            _format = EncodedImage.RecogniseFormat(Bytes.Span, _path);
        if (count > 0 && _length == _buffer.Length)
            Grow();
        return count > 0;
    }

    private void Grow()
    {
        if (_length == Array.MaxLength)
            throw new ImageDecodeException(_path, "the file is larger than 2 GB", _format);
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(_expectedLength, Math.Min(2L * _length, Array.MaxLength), Array.MaxLength));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private static string Reason(string path, Exception cause) => cause switch
    {
        _ when Directory.Exists(path) => "it is a folder",
        // .NET puts U+FFFD for what is not UTF-8 in a name, which then leads nowhere.
        FileNotFoundException or DirectoryNotFoundException when path.Contains('\uFFFD') => "its name is not valid UTF-8",
        FileNotFoundException => "there is no such file",
        DirectoryNotFoundException => "its folder does not exist",
        UnauthorizedAccessException => "access to it is denied",
        PathTooLongException => "its path is too long",
        ArgumentException or NotSupportedException => "its path is not valid",
        _ => "the file could not be read to its end",
    };
}

/// <summary>An image as it lies in a file: its bytes, what they show to be, and where they came from.</summary>
/// <param name="Content">The whole file.</param>
/// <param name="Format">The format by content, one of those <see cref="ImageFormats.Detect"/> gives.</param>
/// <param name="Path">The file's path for messages, or null where there is none.</param>
internal readonly record struct EncodedImage(ReadOnlyMemory<byte> Content, string Format, string? Path)
{
    /// <summary>
    /// Whether the file says that it has a colour profile, also where libvips gives none: its PNG loader passes over those that are too short or of
    /// another kind of colour than the pixels.
    /// </summary>
    internal bool DeclaresProfile => Format == "png" && PngChunks.HasProfile(Content.Span);

    /// <summary>Recognises the format of some bytes.</summary>
    /// <exception cref="ImageDecodeException">There are none, or they are of no format that is read.</exception>
    internal static EncodedImage Recognise(ReadOnlyMemory<byte> content, string? path) =>
        new(content, RecogniseFormat(content.Span, path), path);

    /// <summary>Names the format by a file's first bytes.</summary>
    /// <exception cref="ImageDecodeException">There are none, or they are of no format that is read.</exception>
    internal static string RecogniseFormat(ReadOnlySpan<byte> header, string? path)
    {
        header = header[..Math.Min(header.Length, ImageFormats.HeaderLength)];
        if (header.IsEmpty)
            throw new ImageDecodeException(path, "the file is empty");
        return ImageFormats.Detect(header) ?? throw new ImageDecodeException(path, ImageFormats.DescribeUnreadable(header));
    }

    /// <summary>The exception that says why this image cannot be read.</summary>
    internal ImageDecodeException Unreadable(string reason) => new(Path, reason, Format);
}

/// <summary>An image that has not been read yet: a file, or the bytes of one.</summary>
/// <param name="Path">Path of the file; null where the bytes are here.</param>
/// <param name="Content">The bytes; empty where there is a path.</param>
public readonly record struct ImageInput(string? Path, ReadOnlyMemory<byte> Content)
{
    /// <summary>Decodes it into a network's input.</summary>
    /// <param name="reader">Reads images.</param>
    /// <param name="preprocessing">The shape and how to get there.</param>
    /// <param name="destination">Receives [3, H, W].</param>
    /// <exception cref="ImageDecodeException">It cannot be read.</exception>
    internal void ReadPixels(ImageReader reader, ImagePreprocessing preprocessing, Span<float> destination)
    {
        if (Path is null) reader.ReadPixels(Content, preprocessing, destination);
        else if (Path.Length > 0) reader.ReadPixels(Path, preprocessing, destination);
        else throw new ImageDecodeException(Path, "its path is empty");
    }
}
