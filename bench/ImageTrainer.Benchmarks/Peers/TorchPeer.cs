using System.Diagnostics;
using System.Text.Json;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>PyTorch and torchvision of the system's Python.</summary>
internal sealed class TorchPeer : IDisposable
{
    /// <summary>The Python that Debian's packages belong to, whatever else is first on the path.</summary>
    public const string Python = "/usr/bin/python3";

    private const int LoaderTrialCount = 32;
    private readonly ContestOptions _options;
    private readonly PeerProcess _process;
    private readonly Lazy<int> _workerCount;

    private TorchPeer(ContestOptions options, PeerProcess process)
    {
        (_options, _process) = (options, process);
        _workerCount = new(() => process.Ask(new PeerRequest("loader", PathsOfTrial())).GetProperty("workers").GetInt32());
    }

    /// <summary>Processes that decode, 0 for the main one: whichever number was faster on these photos.</summary>
    public int WorkerCount => _workerCount.Value;

    /// <summary>The loader in words.</summary>
    public string LoaderText => WorkerCount == 0 ? "PIL in the main process" : $"PIL in {WorkerCount} worker processes";

    /// <summary>Starts it, or gives null where Python lacks torchvision.</summary>
    public static TorchPeer? TryStart(ContestOptions options) => IsThere()
        ? new TorchPeer(options, PeerProcess.Start(Python, "pytorch.py", options.Weights, options.ThreadCount, options.ImageSize))
        : null;

    /// <summary>Its versions.</summary>
    public string Describe() => Ask(new PeerRequest("versions")).GetProperty("text").GetString()!;

    /// <inheritdoc cref="PeerProcess.Ask"/>
    public JsonElement Ask(PeerRequest request) => _process.Ask(request);

    public void Dispose() => _process.Dispose();

    private string[] PathsOfTrial() => [.. _options.Sample(LoaderTrialCount).Images.Select(image => image.Path)];

    private static bool IsThere()
    {
        if (!File.Exists(Python)) return false;
        var start = new ProcessStartInfo(Python, ["-c", "import torch, torchvision"]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
