using System.Globalization;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Says things on stderr and, once the run has a folder, in its log.txt. Safe for concurrent callers.</summary>
internal sealed class RunLog(TextWriter console, TimeProvider clock) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _early = [];
    private StreamWriter? _file;

    /// <summary>Starts to keep the log in a file; what was said before is written to it first.</summary>
    public void KeepIn(string path)
    {
        lock (_lock)
        {
            _file = new StreamWriter(path) { AutoFlush = true };
            foreach (string line in _early) _file.WriteLine(line);
            _early.Clear();
        }
    }

    /// <summary>Says one line.</summary>
    public void Say(string line)
    {
        lock (_lock)
        {
            console.WriteLine(line);
            string dated = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():yyyy-MM-ddTHH:mm:ssZ} {line}");
            if (_file is null) _early.Add(dated);
            else _file.WriteLine(dated);
        }
    }

    public void Dispose() => _file?.Dispose();
}
