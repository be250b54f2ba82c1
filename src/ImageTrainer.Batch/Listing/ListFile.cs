using System.Text;
using ImageTrainer.Csv;
using ImageTrainer.Files;

namespace ImageTrainer.Batch.Listing;

/// <summary>Opens lists and puts what is wrong with them into words.</summary>
internal static class ListFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opens a list for reading as UTF-8, with or without byte order mark.</summary>
    /// <exception cref="ScoringInputException">It cannot be opened, or is none: a pipe, a socket, a device.</exception>
    public static StreamReader Open(string file)
    {
        // It is read more than once.
        if (FileKind.FindSpecial(file) is { } kind)
            throw new ScoringInputException(file, $"'{file}' is {kind}, and a list has to be a file; name one, or give '-' and the paths on standard input.");
        try
        {
            return Reader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            string reason = File.Exists(file) ? exception.Message.TrimEnd('.') : "there is no such file";
            throw new ScoringInputException(file, $"Cannot read the list '{file}': {reason}.", exception);
        }
    }

    /// <summary>Reads a stream as such a list.</summary>
    public static StreamReader Reader(Stream stream) => new(stream, Strict, detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16);

    /// <summary>Does one step of reading.</summary>
    /// <param name="file">The list, for messages.</param>
    /// <param name="line">Number of the line that is read, from 1.</param>
    /// <param name="read">The step.</param>
    /// <exception cref="ScoringInputException">The file is not UTF-8 or malformed, or reading failed.</exception>
    public static T Read<T>(string file, Func<long> line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException exception)
        {
            throw new ScoringInputException(file, $"'{file}' is not UTF-8 text, near line {line()}; save it as UTF-8.", exception);
        }
        catch (CsvFormatException exception)
        {
            throw new ScoringInputException(file, exception.Describe(file), exception);
        }
        catch (IOException exception)
        {
            throw new ScoringInputException(file, $"Cannot read the list '{file}' to its end: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    /// <summary>Where an image of a list is: paths are relative to the list's folder, and '\' separates names where nothing else is there.</summary>
    /// <param name="path">As the list writes it.</param>
    /// <param name="folder">The list's folder; empty for the current one.</param>
    /// <param name="columns">What the list says besides.</param>
    public static ListedImage Image(string path, string folder, IReadOnlyList<PassedColumn> columns)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) return new ListedImage(path, path, columns, "its path is not valid");
        string file = Path.Combine(folder, path);
        if (!OperatingSystem.IsWindows() && path.Contains('\\', StringComparison.Ordinal) && !File.Exists(file))
            file = Path.Combine(folder, path.Replace('\\', '/'));
        return new ListedImage(path, file, columns);
    }
}
