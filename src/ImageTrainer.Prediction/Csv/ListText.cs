using System.Buffers;
using System.Text;
using ImageTrainer.Files;
using ImageTrainer.Imaging;

namespace ImageTrainer.Csv;

/// <summary>
/// The text of a list: UTF-8, UTF-16 or, where it is neither, Windows-1252 with a notice. May be longer than memory; can be read from the
/// start more than once. Not safe for concurrent use.
/// </summary>
internal sealed class ListText : IDisposable
{
    /// <summary>Bytes that are read at a time, and characters that a first look sees.</summary>
    private const int BlockSize = 1 << 16;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Bytes that no letter of Windows-1252 has.</summary>
    private static readonly SearchValues<byte> Undefined = SearchValues.Create(0x81, 0x8D, 0x8F, 0x90, 0x9D, 0x00);
    private readonly string _file;
    private readonly Stream _stream;
    private readonly Encoding _encoding;

    private ListText(string file, Stream stream)
    {
        (_file, _stream) = (file, stream);
        var head = new byte[Math.Min(BlockSize, stream.Length)];
        stream.ReadExactly(head);
        RequireText(head);
        _encoding = FindUtf16(head) ?? (IsUtf8() ? Utf8 : ReadAsWindows1252());
    }

    /// <summary>What the user should know of how it is read, or null.</summary>
    public string? Notice { get; private set; }

    /// <summary>Opens a list and finds out how its characters are written.</summary>
    /// <exception cref="ListException">It cannot be opened, is a pipe or a device, or is no text.</exception>
    public static ListText Open(string file)
    {
        // It is read more than once.
        if (FileKind.FindSpecial(file) is { } kind)
            throw new ListException(
                $"'{file}' is {kind}, and a list has to be a file; name one, or give '-' and the paths on standard input.");
        Stream? stream = null;
        try
        {
            stream = Seekable(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return new ListText(file, stream);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ListException)
        {
            stream?.Dispose();
            if (exception is ListException) throw;
            string reason = File.Exists(file) ? exception.Message.TrimEnd('.') : "there is no such file";
            throw new ListException($"Cannot read the list '{file}': {reason}.", exception);
        }
    }

    /// <summary>Reads a stream of UTF-8, with or without byte order mark.</summary>
    public static StreamReader Reader(Stream stream) => new(stream, Utf8, detectEncodingFromByteOrderMarks: true, BlockSize);

    /// <summary>Begins to read from the start; the reader before must not be used any more.</summary>
    public StreamReader Restart()
    {
        _stream.Position = 0;
        return new StreamReader(_stream, _encoding, detectEncodingFromByteOrderMarks: true, BlockSize, leaveOpen: true);
    }

    /// <summary>The first characters, as many as fit one look.</summary>
    public string ReadHead()
    {
        using StreamReader reader = Restart();
        var head = new char[BlockSize];
        return new string(head, 0, reader.ReadBlock(head));
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    /// <summary>
    /// The stream itself, or where it can be read only once its content in memory. A shell's &lt;(command) can be read once alone.
    /// </summary>
    private static Stream Seekable(FileStream stream)
    {
        if (stream.CanSeek) return stream;
        using (stream)
        {
            var copy = new MemoryStream();
            stream.CopyTo(copy);
            copy.Position = 0;
            return copy;
        }
    }

    /// <summary>Refuses what is often given for a list and is none: images, workbooks, web pages.</summary>
    /// <exception cref="ListException">It begins like one of them.</exception>
    private void RequireText(ReadOnlySpan<byte> head)
    {
        if (ImageFormats.Detect(head[..Math.Min(head.Length, ImageFormats.HeaderLength)]) is { } format)
            throw new ListException(
                $"'{_file}' is a {format} image, no data set; name a folder that has a folder per class, or a list of images.");
        if (head.StartsWith("PK\u0003\u0004"u8))
            throw new ListException($"'{_file}' is a workbook (.xlsx) or another zip file, and no list; save it as CSV in UTF-8.");
        if (head.StartsWith("<"u8) || head.StartsWith("\uFEFF<"u8))
            throw new ListException(
                $"'{_file}' is XML or HTML, and no list; a list is CSV or JSON lines, an image a line with path and label.");
    }

    /// <summary>
    /// UTF-16 by its byte order mark, or by where its zeros stand; null where it is not. Without byte order mark: half of the bytes of
    /// Western text are zero then.
    /// </summary>
    /// <exception cref="ListException">There are zeros as no text has them.</exception>
    private UnicodeEncoding? FindUtf16(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(Encoding.Unicode.Preamble) || head.StartsWith(Encoding.BigEndianUnicode.Preamble))
            return new UnicodeEncoding(head[0] == 0xFE, byteOrderMark: true, throwOnInvalidBytes: true);
        if (!head.Contains((byte)0)) return null;
        int[] zeroCounts = [0, 0];
        for (int i = 0; i < head.Length; i++)
            if (head[i] == 0) zeroCounts[i % 2]++;
        if (Math.Max(zeroCounts[0], zeroCounts[1]) < head.Length / 8 || Math.Min(zeroCounts[0], zeroCounts[1]) > head.Length / 100)
            throw new ListException($"'{_file}' is no text, and so no list; save it as CSV in UTF-8.");
        return new UnicodeEncoding(zeroCounts[0] > zeroCounts[1], byteOrderMark: false, throwOnInvalidBytes: true);
    }

    /// <summary>Whether all of it is UTF-8.</summary>
    private bool IsUtf8()
    {
        Decoder decoder = Utf8.GetDecoder();
        var block = new byte[BlockSize];
        var text = new char[BlockSize + 2];
        _stream.Position = 0;
        try
        {
            int count;
            do
            {
                count = _stream.Read(block);
                decoder.GetChars(block, 0, count, text, 0, flush: count == 0);
            }
            while (count > 0);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Windows-1252, with a notice. .NET reads the five bytes that Windows-1252 leaves undefined as control characters.</summary>
    /// <exception cref="ListException">It has bytes that this encoding does not have either.</exception>
    private Encoding ReadAsWindows1252()
    {
        var block = new byte[BlockSize];
        long line = 1;
        _stream.Position = 0;
        for (int count; (count = _stream.Read(block)) > 0;)
        {
            ReadOnlySpan<byte> content = block.AsSpan(0, count);
            int undefined = content.IndexOfAny(Undefined);
            line += content[..(undefined < 0 ? count : undefined)].Count((byte)'\n');
            if (undefined >= 0)
                throw new ListException(
                    $"Line {line} of '{_file}' is not UTF-8 text, nor Windows-1252; "
                    + "if this is a list of images, save it as CSV in UTF-8.");
        }

        Notice = $"'{_file}' is not UTF-8, so it is read as Windows-1252; save it as UTF-8 if letters look wrong.";
        return CodePagesEncodingProvider.Instance.GetEncoding(1252)!;
    }
}
