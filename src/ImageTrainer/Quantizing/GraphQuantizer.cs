using System.Collections.Frozen;
using System.Runtime.InteropServices;
using ImageTrainer.Graphs;
using ImageTrainer.Onnx;

namespace ImageTrainer.Quantizing;

/// <summary>
/// Rewrites a network for integers: behind each activation stands a pair QuantizeLinear, DequantizeLinear through which everybody reads it,
/// and kernels are bytes behind a DequantizeLinear. What it computes is so written down in plain operators; runtimes join pairs and
/// operators into integer kernels. A ReLU disappears where the bytes behind it start at 0: clamping does its work.
/// </summary>
internal sealed class GraphQuantizer
{
    private readonly QuantizablePart _part;
    private readonly FrozenSet<string> _layers;
    private readonly FrozenSet<string> _sums;
    private readonly FrozenDictionary<string, QuantizedLayer> _quantizedLayers;
    private readonly FrozenSet<string> _readInFp32;
    private readonly HashSet<string> _merged = new(StringComparer.Ordinal);
    private readonly Dictionary<string, QuantizationRange> _ranges;
    private readonly HashSet<string> _quantized = new(StringComparer.Ordinal);
    private readonly List<GraphTensor> _dequantized = [];
    private readonly List<GraphNode> _nodes = [];
    private readonly List<GraphInitializer> _constants = [];
    private readonly HashSet<string> _replaced = new(StringComparer.Ordinal);

    private GraphQuantizer(
        QuantizablePart part, IReadOnlyDictionary<string, QuantizationRange> ranges, int weightBits, IReadOnlySet<string> keptLayers)
    {
        _part = part;
        _layers = part.Layers.Select(node => node.Outputs[0]).ToFrozenSet(StringComparer.Ordinal);
        _sums = part.Sums.Select(node => node.Outputs[0]).ToFrozenSet(StringComparer.Ordinal);
        _ranges = new Dictionary<string, QuantizationRange>(ranges, StringComparer.Ordinal);
        ILookup<bool, GraphNode> isKept = part.Layers.ToLookup(layer => keptLayers.Contains(layer.Name));
        _readInFp32 = isKept[true].Select(layer => layer.Inputs[0]).ToFrozenSet(StringComparer.Ordinal);
        GraphNode[] layers = [.. isKept[false]];
        _quantizedLayers = layers.Zip(ParallelMap.Run(layers, layer => Quantize(layer, weightBits), Environment.ProcessorCount))
            .ToFrozenDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);
    }

    /// <summary>Gives the quantized network: the same inputs and outputs under the same names.</summary>
    /// <param name="part">The network and what of it can be quantized.</param>
    /// <param name="ranges">The range of each of <see cref="QuantizablePart.Activations"/>.</param>
    /// <param name="weightBits">7 or 8.</param>
    /// <param name="keptLayers">Names of the convolutions that stay in fp32.</param>
    public static Graph Quantize(
        QuantizablePart part, IReadOnlyDictionary<string, QuantizationRange> ranges, int weightBits, IReadOnlySet<string> keptLayers) =>
        new GraphQuantizer(part, ranges, weightBits, keptLayers).Rewrite();

    /// <summary>The tensor by which a network reads one of its activations: behind its pair where the network is quantized there.</summary>
    /// <param name="graph">A network, quantized or not.</param>
    /// <param name="activation">Name of the activation in the network that is not quantized.</param>
    /// <exception cref="KeyNotFoundException">The graph has no such tensor, or its shape is not known.</exception>
    public static GraphTensor ReadingOf(Graph graph, string activation) =>
        graph.Tensors.GetValueOrDefault(DequantizedName(activation)) ?? graph.Tensors[activation];

    private static string DequantizedName(string activation) => $"{activation}.dequantized";

    private Graph Rewrite()
    {
        foreach (GraphNode node in _part.Graph.Nodes)
        {
            if (_merged.Contains(node.Outputs[0])) continue;
            if (_layers.Contains(node.Outputs[0])) AddLayer(node);
            else if (_sums.Contains(node.Outputs[0])) AddWithResult(node with { Inputs = [.. node.Inputs.Select(Read)] }, node);
            else if (node.Operator == "MaxPool") AddPool(node);
            else _nodes.Add(node with { Inputs = [.. node.Inputs.Select(Read)] });
        }

        // What a layer reads as integers another node may still read as floats.
        _replaced.ExceptWith(_nodes.SelectMany(node => node.Inputs.Concat(OnnxNames.UsesInside(node.Attributes))));
        return _part.Graph with
        {
            Nodes = [.. _nodes],
            Initializers = [.. _part.Graph.Initializers.Where(constant => !_replaced.Contains(constant.Name)), .. _constants],
            Tensors = _part.Graph.Tensors.Values.Concat(_dequantized).ToFrozenDictionary(tensor => tensor.Name, StringComparer.Ordinal),
        };
    }

    private void AddLayer(GraphNode layer)
    {
        if (!_quantizedLayers.TryGetValue(layer.Name, out QuantizedLayer? quantized))
        {
            AddWithResult(layer, layer);
            return;
        }

        GraphInitializer kernel = _part.Initializers[layer.Inputs[1]];
        string input = Read(layer.Inputs[0]);
        _replaced.UnionWith(layer.Inputs.Skip(1));
        string name = layer.Outputs[0];
        string weights = AddConstant($"{name}.weight", ElementType.Int8, kernel.Dimensions, quantized.Kernel, quantized.KernelScales);
        string offsets = AddConstant($"{name}.bias", ElementType.Int32, [quantized.Bias.Length], quantized.Bias, quantized.BiasScales);
        AddWithResult(layer with { Inputs = [input, weights, offsets] }, layer);
    }

    /// <summary>Pooling has the range of what it was made of.</summary>
    private QuantizedLayer Quantize(GraphNode layer, int weightBits)
    {
        GraphInitializer kernel = _part.Initializers[layer.Inputs[1]];
        ReadOnlySpan<float> bias = layer.Inputs.Length > 2 ? _part.Initializers[layer.Inputs[2]].Floats : new float[kernel.Dimensions[0]];
        return WeightQuantizer.Quantize(kernel.Floats, bias, _ranges[_part.BehindPooling(layer.Inputs[0])].Scale, weightBits);
    }

    /// <summary>Emits a layer or sum; where a ReLU alone follows and its bytes start at 0, under the ReLU's name and without it.</summary>
    private void AddWithResult(GraphNode node, GraphNode original)
    {
        string result = _part.ResultOf(original);
        bool isClamped = _ranges.TryGetValue(result, out QuantizationRange range) && range.ZeroPoint == 0 && !_readInFp32.Contains(result);
        if (isClamped && _part.FindRelu(original) is not null)
        {
            _merged.Add(result);
            node = node with { Outputs = [result] };
        }

        _nodes.Add(node);
    }

    private void AddPool(GraphNode pool)
    {
        _nodes.Add(pool with { Inputs = [.. pool.Inputs.Select(Read)] });
        if (_ranges.TryGetValue(pool.Inputs[0], out QuantizationRange range))
            _ranges.TryAdd(pool.Outputs[0], range);
    }

    /// <summary>The name under which an activation is read: behind its pair where it has a range, its own elsewhere.</summary>
    private string Read(string tensor)
    {
        if (!_ranges.TryGetValue(tensor, out QuantizationRange range)) return tensor;
        string dequantized = DequantizedName(tensor);
        if (!_quantized.Add(tensor)) return dequantized;
        if (_part.Graph.Tensors.TryGetValue(tensor, out GraphTensor? known)) _dequantized.Add(known with { Name = dequantized });
        string scale = Add($"{tensor}.scale", ElementType.Float, [], BitConverter.GetBytes(range.Scale));
        string zero = Add($"{tensor}.zero", ElementType.UInt8, [], [range.ZeroPoint]);
        _nodes.Add(Node("QuantizeLinear", $"{tensor}.quantized", tensor, scale, zero));
        _nodes.Add(Node("DequantizeLinear", dequantized, $"{tensor}.quantized", scale, zero));
        return dequantized;
    }

    private string AddConstant<T>(string name, ElementType type, IReadOnlyList<long> sizes, T[] values, float[] scales)
        where T : struct
    {
        (string integers, string zeros) = (name + MatrixKernels.IntegersSuffix, name + MatrixKernels.ZerosSuffix);
        Add(integers, type, sizes, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        Add($"{name}.scales", ElementType.Float, [scales.Length], MemoryMarshal.AsBytes(scales.AsSpan()).ToArray());
        Add(zeros, type, [scales.Length], new byte[scales.Length * Marshal.SizeOf<T>()]);
        GraphNode node = Node("DequantizeLinear", DequantizedName(name), integers, $"{name}.scales", zeros);
        _nodes.Add(node with { Attributes = [GraphAttribute.Int("axis", 0)] });
        return node.Outputs[0];
    }

    private string Add(string name, ElementType type, IReadOnlyList<long> sizes, byte[] values)
    {
        _constants.Add(GraphInitializer.FromBytes(new GraphTensor(name, type, TensorShape.Of([.. sizes])), values));
        return name;
    }

    private static GraphNode Node(string operatorName, string output, params ReadOnlySpan<string> inputs) =>
        new() { Name = output, Operator = operatorName, Inputs = [.. inputs], Outputs = [output] };
}
