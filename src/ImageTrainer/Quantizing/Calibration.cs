using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageTrainer.Files;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Quantizing;

/// <summary>What calibration has found.</summary>
/// <param name="Ranges">One for each of <see cref="QuantizablePart.Activations"/>, in that order.</param>
/// <param name="ImageCount">Number of images it was found on.</param>
internal sealed record Calibration(ImmutableArray<ActivationRange> Ranges, int ImageCount)
{
    private const string FirstLine = "ImageTrainer calibration 1";

    /// <summary>Runs a network in fp32 over images and finds the range of each activation, whatever the number of threads.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">Each [3, H, W], RGB, 0..255.</param>
    /// <param name="threadCount">1 or more.</param>
    /// <param name="cancellationToken">Looked at between images.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Calibration Run(
        ObservedNetwork network, IReadOnlyList<float[]> images, int threadCount, CancellationToken cancellationToken)
    {
        ActivationHistogram[] histograms = Observe(network, images, threadCount, cancellationToken);
        return new Calibration([.. ParallelMap.Run(histograms, RangeSearch.Find, threadCount, cancellationToken)], images.Count);
    }

    /// <summary>Does so with the network that is to be quantized.</summary>
    /// <inheritdoc cref="Run(ObservedNetwork, IReadOnlyList{float[]}, int, CancellationToken)"/>
    public static Calibration Run(
        QuantizablePart part, IReadOnlyList<float[]> images, int threadCount, CancellationToken cancellationToken)
    {
        using var network = new ObservedNetwork(part.Graph, part.Activations);
        return Run(network, images, threadCount, cancellationToken);
    }

    /// <summary>
    /// Keeps the ranges for another run with the same network and images; a folder that cannot be written to is no fault.
    /// </summary>
    public void Save(string path)
    {
        try
        {
            byte[] content = Encoding.UTF8.GetBytes(ToText());
            ReplacedFile.Write(path, stream =>
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(content)) + "\n"));
                stream.Write(content);
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next run calibrates again.
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null where there is nothing, or it is damaged or of another form.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="rangeCount">How many ranges there have to be.</param>
    public static Calibration? TryLoad(string path, int rangeCount)
    {
        string[] parts;
        try
        {
            parts = File.ReadAllText(path).Split('\n', 2);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        bool isWhole = parts.Length == 2 && parts[0] == Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts[1])));
        return isWhole && FromText(parts[1]) is { } calibration && calibration.Ranges.Length == rangeCount ? calibration : null;
    }

    /// <summary>Counts over the images on several threads: one histogram for each of the network's tensors, in that order.</summary>
    private static ActivationHistogram[] Observe(
        ObservedNetwork network, IReadOnlyList<float[]> images, int threadCount, CancellationToken cancellationToken)
    {
        int workerCount = Math.Min(threadCount, images.Count);
        var histograms = new ActivationHistogram[workerCount][];
        int next = -1;
        var options = new ParallelOptions { MaxDegreeOfParallelism = workerCount, CancellationToken = cancellationToken };
        Parallel.For(0, workerCount, options, worker =>
        {
            histograms[worker] = [.. network.Tensors.Select(_ => new ActivationHistogram())];
            for (int index; (index = Interlocked.Increment(ref next)) < images.Count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                network.Run(images[index], (tensor, values, plane) => histograms[worker][tensor].Add(values, plane));
            }
        });
        foreach (ActivationHistogram[] others in histograms.Skip(1))
        {
            for (int tensor = 0; tensor < others.Length; tensor++) histograms[0][tensor].Add(others[tensor]);
        }

        return histograms[0];
    }

    private string ToText()
    {
        IEnumerable<string> lines = Ranges.Select(range => string.Create(
            CultureInfo.InvariantCulture, $"{range.Range.Scale:R} {range.Range.ZeroPoint} {range.Error:R}"));
        return string.Join('\n', [FirstLine, ImageCount.ToString(CultureInfo.InvariantCulture), .. lines]);
    }

    /// <summary>Behind a checksum: the text is one that ToText made, if its first line is.</summary>
    private static Calibration? FromText(string text)
    {
        string[] lines = text.Split('\n');
        if (lines[0] != FirstLine) return null;
        return new Calibration([.. lines.Skip(2).Select(ReadRange)], int.Parse(lines[1], CultureInfo.InvariantCulture));
    }

    private static ActivationRange ReadRange(string line)
    {
        string[] fields = line.Split(' ');
        float scale = float.Parse(fields[0], CultureInfo.InvariantCulture);
        byte zeroPoint = byte.Parse(fields[1], CultureInfo.InvariantCulture);
        return new ActivationRange(new QuantizationRange(scale, zeroPoint), double.Parse(fields[2], CultureInfo.InvariantCulture));
    }
}

/// <summary>A network whose inner activations can be looked at. <see cref="Run"/> is safe to call from many threads.</summary>
internal sealed class ObservedNetwork : IDisposable
{
    private readonly InferenceSession _session;
    private readonly long[] _inputShape;

    /// <summary>Loads a network on the CPU, one thread a run.</summary>
    /// <param name="graph">The network.</param>
    /// <param name="tensors">Names of the float activations to look at.</param>
    public ObservedNetwork(Graph graph, ImmutableArray<string> tensors)
    {
        Tensors = tensors;
        TensorShape pixels = graph.Tensors[TensorNames.Pixels].Shape;
        _inputShape = [1, pixels[1].Size, pixels[2].Size, pixels[3].Size];
        ModelProto model = OnnxModel.ToProto(graph);
        model.Graph.Output.Clear();
        foreach (string tensor in tensors) model.Graph.Output.Add(new ValueInfoProto { Name = tensor, Type = FloatTensor });
        using SessionOptions options = OnnxEnvironment.CreateSessionOptions();
        options.IntraOpNumThreads = 1;
        options.InterOpNumThreads = 1;
        // Every output is kept: planning ahead would have the second run of each thread allocate all of it once more.
        options.EnableMemoryPattern = false;
        _session = OnnxModel.ToContent(model).Load(options);
    }

    /// <summary>Names of the activations that are looked at.</summary>
    public ImmutableArray<string> Tensors { get; }

    /// <summary>Takes one activation: its place among the tensors asked for, its values [C, H, W], and H * W.</summary>
    public delegate void TakeActivation(int tensor, ReadOnlySpan<float> values, int planeLength);

    private static TypeProto FloatTensor => new() { TensorType = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float } };

    /// <summary>Runs the network over one image, [3, H, W], RGB, 0..255.</summary>
    public void Run(float[] pixels, TakeActivation take)
    {
        using var options = new RunOptions();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels.AsMemory(), _inputShape);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(options, [TensorNames.Pixels], [input], [.. Tensors]);
        for (int tensor = 0; tensor < results.Count; tensor++)
        {
            long[] shape = results[tensor].GetTensorTypeAndShape().Shape;
            int planeLength = (int)shape.Skip(2).Aggregate(1L, (product, size) => product * size);
            take(tensor, results[tensor].GetTensorDataAsSpan<float>(), planeLength);
        }
    }

    /// <summary>Frees the native session.</summary>
    public void Dispose() => _session.Dispose();
}
