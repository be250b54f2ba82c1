using System.Text;

namespace ImageTrainer.Csv;

/// <summary>
/// Reads a list of images as this project and other tools write them: delimited text (see <see cref="DelimitedList"/>) or JSON lines (see
/// <see cref="JsonLinesList"/>), whichever its first characters show. Holds one line at a time. Not safe for concurrent use.
/// </summary>
internal abstract class ListReader : IDisposable
{
    private readonly List<string> _notices = [];
    private readonly ListText _text;

    /// <summary>Takes a list over.</summary>
    protected ListReader(string file, ListNeeds needs, ListText text)
    {
        (File, Needs, _text) = (file, needs, text);
        if (text.Notice is { } notice) _notices.Add(notice);
    }

    /// <summary>What the user should know of how the list is read, in whole sentences.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>Path of the list, for messages.</summary>
    protected string File { get; }

    /// <summary>What each line must tell.</summary>
    protected ListNeeds Needs { get; }

    /// <summary>Opens a list.</summary>
    /// <param name="file">Path of the list.</param>
    /// <param name="needs">What it must tell of each image.</param>
    /// <exception cref="ListException">It cannot be opened, is no list, or does not tell what is needed; says what to do.</exception>
    public static ListReader Open(string file, ListNeeds needs)
    {
        ListText text = ListText.Open(file);
        try
        {
            string head = Step(file, () => 1, text.ReadHead);
            return IsJsonLines(file, head) ? new JsonLinesList(file, needs, text) : new DelimitedList(file, needs, text, head);
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>Reads the images one by one, from the first each time.</summary>
    /// <exception cref="ListException">A line is malformed, or reading failed; names the line.</exception>
    public abstract IEnumerable<ListRecord> Read();

    /// <summary>Does one step of reading and puts what goes wrong into words.</summary>
    /// <param name="file">The list.</param>
    /// <param name="line">Number of the line that is read, from 1.</param>
    /// <param name="read">The step.</param>
    /// <exception cref="ListException">The text is malformed, or reading failed.</exception>
    public static T Step<T>(string file, Func<long> line, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (DecoderFallbackException exception)
        {
            throw new ListException($"'{file}' is not UTF-8 text, near line {line()}; save it as UTF-8.", exception);
        }
        catch (CsvFormatException exception)
        {
            throw new ListException(exception.Describe(file), exception);
        }
        catch (IOException exception)
        {
            throw new ListException($"Cannot read the list '{file}' to its end: {exception.Message.TrimEnd('.')}.", exception);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _text.Dispose();

    /// <summary>Begins to read the text from its start.</summary>
    protected StreamReader Restart() => _text.Restart();

    /// <summary>Adds a notice, once.</summary>
    protected void Say(string notice)
    {
        if (!_notices.Contains(notice)) _notices.Add(notice);
    }

    /// <summary>The refusal of a list for images with more than one label.</summary>
    /// <param name="why">Where that shows, as a clause.</param>
    protected ListException SeveralLabels(string why) => new(DescribeSeveralLabels(File, why));

    /// <summary>Says that images have more than one label.</summary>
    internal static string DescribeSeveralLabels(string file, string why) =>
        $"'{file}': {why}, so this list has several labels per image; this trainer wants one. "
        + "Give each image one label, in a column label.";

    private static bool IsJsonLines(string file, string head)
    {
        string extension = Path.GetExtension(file).ToLowerInvariant();
        if (extension is ".jsonl" or ".ndjson") return true;
        ReadOnlySpan<char> start = head.AsSpan().TrimStart();
        if (start is not ['{' or '[', ..]) return false;
        int end = start.IndexOfAny('\r', '\n');
        ReadOnlySpan<char> first = (end < 0 ? start : start[..end]).TrimEnd();
        bool isOneObject = first is ['{', .., '}'] && (end < 0 ? extension != ".json" : start[end..].TrimStart() is not [not '{', ..]);
        return isOneObject ? true : throw new ListException(
            $"'{file}' is a JSON document (as COCO and others write annotations), and no list; "
            + "a list is CSV, or JSON lines: an object a line, with path and label.");
    }
}

/// <summary>A list of images cannot be read. Each library that reads lists gives it on as its own exception, with the same words.</summary>
/// <param name="message">A whole sentence that names the list.</param>
/// <param name="cause">What failed, where something did.</param>
internal sealed class ListException(string message, Exception? cause = null) : Exception(message, cause);
