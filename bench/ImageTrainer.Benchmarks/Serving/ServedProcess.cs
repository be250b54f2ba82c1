using System.Diagnostics;
using System.Globalization;

namespace ImageTrainer.Benchmarks.Serving;

/// <summary>`imagetrainer serve` as a process of its own, on a free port of loopback; killed when disposed.</summary>
internal sealed class ServedProcess : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);
    private readonly Process _process;

    private ServedProcess(Process process, Uri address) => (_process, Address) = (process, address);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Where predictions are asked for.</summary>
    public Uri PredictAddress => new(Address, "/v1/models/served:predict");

    /// <summary>Processor time it has taken.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory in MB.</summary>
    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>Open handles; on Linux file descriptors.</summary>
    public int HandleCount => OperatingSystem.IsLinux()
        ? Directory.GetFileSystemEntries(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/fd")).Length
        : _process.HandleCount;

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="modelPath">The model.</param>
    /// <param name="arguments">Further arguments.</param>
    public static ServedProcess Start(string modelPath, params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "ImageTrainer.Cli.exe" : "ImageTrainer.Cli");
        var start = new ProcessStartInfo(program, ["serve", $"served={modelPath}", "--urls", "http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardError = true,
        };
        Process process = Process.Start(start) ?? throw new InvalidOperationException("It did not start.");
        var listening = new TaskCompletionSource<Uri>();
        process.ErrorDataReceived += (_, line) =>
        {
            string[] words = (line.Data ?? "").Split(' ');
            if (words.FirstOrDefault(word => word.StartsWith("http://", StringComparison.Ordinal)) is { } url) listening.TrySetResult(new Uri(url.TrimEnd(';')));
        };
        process.BeginErrorReadLine();
        return new ServedProcess(process, listening.Task.WaitAsync(StartLimit).GetAwaiter().GetResult());
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
