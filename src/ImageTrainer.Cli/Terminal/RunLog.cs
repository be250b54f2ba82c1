using System.Globalization;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Terminal;

/// <summary>
/// Says things on stderr and, where a run has a folder, in its log.txt too. Safe for concurrent callers. What cannot be written is no
/// reason to stop the work that it is about.
/// </summary>
internal sealed class RunLog(TextWriter console, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();

    /// <summary>Shows a line to the user: straight on stderr, or through whoever draws a bar there.</summary>
    private Action<string> _show = console.WriteLine;

    /// <summary>What was said before there was a file; null where none is expected.</summary>
    private List<string>? _early;
    private StreamWriter? _file;

    /// <summary>Remembers what is said from now on, until <see cref="KeepIn"/> names a file for it.</summary>
    public void Keep()
    {
        lock (_lock) _early = [];
    }

    /// <summary>Starts to keep the log in a file; what was remembered is written to it first.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="append">Whether what the file has already stays.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void KeepIn(string path, bool append = false)
    {
        lock (_lock)
        {
            _file = new StreamWriter(path, append) { AutoFlush = true };
            foreach (string line in _early ?? []) _file.WriteLine(line);
            _early = null;
        }
    }

    /// <summary>
    /// Says one line on stderr and in the file. Names in it may be anybody's: nothing in it reaches a terminal but what can be
    /// seen.
    /// </summary>
    public void Say(string line)
    {
        line = VisibleText.Of(line);
        lock (_lock)
        {
            Try(() => _show(line));
            Record(line);
        }
    }

    /// <summary>Writes to the file only.</summary>
    /// <param name="text">One line; the time, UTC, is put in front of it.</param>
    public void Record(string text)
    {
        lock (_lock)
        {
            string dated = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {text}");
            _early?.Add(dated);
            if (_file is { } file && !Try(() => file.WriteLine(dated))) Abandon(file);
        }
    }

    /// <summary>While something moving occupies the terminal, lines have to go through whoever draws it; null ends that.</summary>
    public void ShowThrough(Action<string>? show)
    {
        lock (_lock) _show = show ?? console.WriteLine;
    }

    /// <summary>Closes the file; what is said afterwards goes to stderr alone.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_file is { } file) Try(file.Dispose);
            _file = null;
        }
    }

    /// <summary>Goes on without the file, and says so once.</summary>
    private void Abandon(StreamWriter file)
    {
        _file = null;
        Try(file.Dispose);
        Try(() => _show("The log.txt cannot be written any more; is the disk full?"));
    }

    /// <summary>Whether something could be written.</summary>
    private static bool Try(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A stream that is closed (2>&-) is denied access to.
            return false;
        }
    }
}
