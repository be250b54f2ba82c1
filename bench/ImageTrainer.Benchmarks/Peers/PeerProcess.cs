using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>A peer that waits for work: one request a line on its standard input, one answer a line on its standard output.</summary>
internal sealed class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _name;

    private PeerProcess(string name, Process process) => (_name, _process) = (name, process);

    /// <summary>Starts a peer; its stderr is ours.</summary>
    public static PeerProcess Start(string program, string script, params object[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(PeerFiles.PathOf(script));
        foreach (object argument in arguments) start.ArgumentList.Add(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
        return new PeerProcess(script, Process.Start(start)!);
    }

    /// <summary>Has work done.</summary>
    /// <returns>The answer, a JSON object.</returns>
    /// <exception cref="PeerException">The peer has ended; its stderr said why.</exception>
    public JsonElement Ask(PeerRequest request)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(request, PeerJson.Default.PeerRequest));
        _process.StandardInput.Flush();
        string answer = _process.StandardOutput.ReadLine() ?? throw new PeerException($"{_name} ended without an answer to '{request.Work}'; what it printed above says why.");
        return JsonDocument.Parse(answer).RootElement;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}

/// <summary>What a peer is asked to do; members that do not belong to the work are null.</summary>
/// <param name="Work">Name of the work.</param>
/// <param name="Paths">Photos.</param>
/// <param name="Workers">Processes that decode.</param>
/// <param name="Matrix">Features to fit a head on.</param>
internal sealed record PeerRequest(string Work, IReadOnlyList<string>? Paths = null, int? Workers = null, PeerMatrix? Matrix = null);

/// <summary>Features to fit a head on.</summary>
/// <param name="File">Path of [N, D] float32, row-major.</param>
/// <param name="Labels">[N], each 0 to K - 1.</param>
/// <param name="ClassCount">K.</param>
/// <param name="L2">Strength of the penalty.</param>
internal sealed record PeerMatrix(string File, IReadOnlyList<int> Labels, int ClassCount, double L2);

/// <summary>A peer cannot do its part.</summary>
internal sealed class PeerException(string message) : Exception(message);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(PeerRequest))]
internal sealed partial class PeerJson : JsonSerializerContext;
