using System.Globalization;
using System.Runtime.InteropServices;
using ImageTrainer.Onnx;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>The participants, each started when the first work needs it, and a folder for what they are given.</summary>
internal sealed class Contest : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("imagetrainer-peers-");
    private readonly Lazy<OurNetworks> _ours;
    private readonly Lazy<PeerProcess> _node;
    private readonly Lazy<TorchPeer?> _torch;

    public Contest(ContestOptions options)
    {
        Options = options;
        _ours = new(() => OurNetworks.Load(options));
        _node = new(() => NodePeer.Start(WriteModel(), options));
        _torch = new(() => TorchPeer.TryStart(options));
    }

    /// <summary>What is compared, and on what.</summary>
    public ContestOptions Options { get; }

    /// <summary>Our networks in both precisions.</summary>
    public OurNetworks Ours => _ours.Value;

    /// <summary>onnxruntime-node and sharp.</summary>
    public PeerProcess Node => _node.Value;

    /// <summary>PyTorch and torchvision, or null where Python has none.</summary>
    public TorchPeer? Torch => _torch.Value;

    /// <summary>Full path of a file in the folder that goes with the contest.</summary>
    public string PathOf(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>Says what machine this is, how busy, and whose versions run.</summary>
    /// <param name="hasProcesses">Whether peers outside .NET take part.</param>
    public void PrintSurroundings(bool hasProcesses)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd} {RuntimeInformation.OSDescription}, {Machine.ProcessorName}, {Environment.ProcessorCount} processors, load average {Machine.LoadAverage}"));
        Console.WriteLine($"ours: {RuntimeInformation.FrameworkDescription}, ONNX Runtime {OnnxEnvironment.Instance.GetVersionString()}, 8-bit products {(IntegerArithmetic.IsExact ? "exact" : "not exact: 7-bit weights")}");
        if (!hasProcesses) return;
        Console.WriteLine($"node: {Node.Ask(new PeerRequest("versions")).GetProperty("text").GetString()}");
        Console.WriteLine(Torch is { } torch ? $"torch: {torch.Describe()}" : "torch: skipped, /usr/bin/python3 has no torchvision (Debian: python3-torch, python3-torchvision).");
        Console.WriteLine($"{Options.ThreadCount} threads each, {Options.RoundCount} rounds in turn");
        if (Environment.ProcessorCount > Options.ThreadCount)
            Console.WriteLine($"This machine has more processors than threads are given: start it under `taskset -c 0-{Options.ThreadCount - 1}` to hold all to the same ones.");
    }

    public void Dispose()
    {
        if (_node.IsValueCreated) _node.Value.Dispose();
        if (_torch.IsValueCreated) _torch.Value?.Dispose();
        _folder.Delete(recursive: true);
    }

    private string WriteModel()
    {
        string path = PathOf("resnet50-fp32.onnx");
        File.WriteAllBytes(path, Ours.Fp32.BuildFeaturizer());
        return path;
    }
}
