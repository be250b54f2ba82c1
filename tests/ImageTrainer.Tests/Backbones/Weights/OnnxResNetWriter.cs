using System.Runtime.InteropServices;
using Google.Protobuf;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>How an exporter writes a ResNet.</summary>
internal sealed record OnnxExport
{
    public long OperatorSet { get; init; } = 17;

    /// <summary>Whether BatchNorms are folded into the convolutions before them.</summary>
    public bool IsFolded { get; init; }

    /// <summary>The mean over space: GlobalAveragePool, AveragePool or ReduceMean.</summary>
    public string Pool { get; init; } = "GlobalAveragePool";

    /// <summary>Changes of shape between the mean and the head: Flatten or Reshape.</summary>
    public string Rows { get; init; } = "Flatten";

    /// <summary>Whether windows of stride 2 are padded as CNTK does, and weights are listed as inputs and written number by number.</summary>
    public bool IsCntk { get; init; }

    /// <summary>Whether a linear layer follows.</summary>
    public bool HasHead { get; init; } = true;

    /// <summary>Sides that the input is fixed to; 0 for free ones. The batch is fixed to 1 with them.</summary>
    public long Side { get; init; }

    public float Epsilon { get; init; } = 1e-5f;

    /// <summary>Adds nodes between the input and the first convolution, and gives the tensor that the latter takes.</summary>
    public Func<GraphProto, string, string>? Prepare { get; init; }
}

/// <summary>Writes ResNets as ONNX files with names that say nothing, from tensors under torchvision's keys.</summary>
internal sealed class OnnxResNetWriter
{
    private readonly GraphProto _graph = new() { Name = "g" };
    private readonly Dictionary<string, FixtureTensor> _tensors;
    private readonly OnnxExport _export;

    private OnnxResNetWriter(IEnumerable<FixtureTensor> tensors, OnnxExport export) =>
        (_tensors, _export) = (tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal), export);

    public static byte[] Write(
        ResNetArchitecture architecture, IEnumerable<FixtureTensor> tensors, OnnxExport? export = null, Action<ModelProto>? change = null)
    {
        var writer = new OnnxResNetWriter(tensors, export ?? new OnnxExport());
        ModelProto model = writer.Write(architecture);
        change?.Invoke(model);
        return model.ToByteArray();
    }

    private ModelProto Write(ResNetArchitecture architecture)
    {
        AddInput();
        string x = _export.Prepare?.Invoke(_graph, "image") ?? "image";
        x = Node("Relu", Convolve(ResNetArchitecture.Stem, x));
        x = Window(Node("MaxPool", x), 3, 2);
        foreach (ResidualBlock block in architecture.Blocks)
        {
            string shortcut = block.Shortcut is { } projection ? Convolve(projection, x) : x;
            string residual = x;
            foreach (ConvolutionLayer layer in block.Residual)
                residual = layer == block.Residual[^1] ? Convolve(layer, residual) : Node("Relu", Convolve(layer, residual));
            x = Node("Relu", Node("Add", residual, shortcut));
        }

        AddEnd(Pool(x), architecture.FeatureCount);
        return new ModelProto
        {
            IrVersion = _export.IsCntk ? 3 : 8,
            ProducerName = "somebody",
            OpsetImport = { new OperatorSetIdProto { Domain = "", Version = _export.OperatorSet } },
            Graph = _graph,
        };
    }

    private void AddInput()
    {
        TensorShapeProto.Types.Dimension Axis(string name, long size) => size > 0
            ? new TensorShapeProto.Types.Dimension { DimValue = size }
            : new TensorShapeProto.Types.Dimension { DimParam = name };
        long side = _export.Side;
        AddValue(_graph.Input, "image", Axis("n", side > 0 ? 1 : 0), Axis("c", 3), Axis("h", side), Axis("w", side));
    }

    private static void AddValue(
        Google.Protobuf.Collections.RepeatedField<ValueInfoProto> values, string name, params TensorShapeProto.Types.Dimension[] axes)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)ElementType.Float };
        if (axes.Length > 0) tensor.Shape = new TensorShapeProto { Dim = { axes } };
        values.Add(new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = tensor } });
    }

    private string Convolve(ConvolutionLayer layer, string x)
    {
        FixtureTensor kernel = _tensors[$"{layer.KernelKey}.weight"];
        FixtureTensor[] norm = [.. new[] { "weight", "bias", "running_mean", "running_var" }.Select(part => _tensors[$"{layer.NormKey}.{part}"])];
        if (_export.IsFolded)
        {
            float[] folded = [.. kernel.Values];
            float[] bias = new BatchNormalization(norm[0].Values, norm[1].Values, norm[2].Values, norm[3].Values).FoldInto(folded);
            return Window(Node("Conv", x, Constant(kernel with { Values = folded }), Constant(norm[1] with { Values = bias })), layer.KernelSize, layer.Stride);
        }

        string y = Window(Node("Conv", x, Constant(kernel)), layer.KernelSize, layer.Stride);
        string z = Node("BatchNormalization", [y, .. norm.Select(Constant)]);
        NodeProto last = _graph.Node[^1];
        last.Attribute.Add(GraphAttribute.Float("epsilon", _export.Epsilon));
        if (_export.OperatorSet < 9) last.Attribute.Add(GraphAttribute.Int("spatial", 1));
        return z;
    }

    private string Pool(string x)
    {
        string pooled;
        if (_export.Pool == "ReduceMean" && _export.OperatorSet >= 18)
            pooled = Node("ReduceMean", x, Numbers(-1, -2));
        else
            pooled = Node(_export.Pool, x);
        NodeProto last = _graph.Node[^1];
        if (_export.Pool == "ReduceMean" && _export.OperatorSet < 18) last.Attribute.Add(GraphAttribute.Ints("axes", 2, 3));
        if (_export.Pool == "AveragePool") last.Attribute.Add(GraphAttribute.Ints("kernel_shape", _export.Side / 32, _export.Side / 32));
        return pooled;
    }

    private void AddEnd(string pooled, int featureCount)
    {
        string end = pooled;
        if (_export.HasHead)
        {
            string rows = _export.Rows == "Reshape" ? Node("Reshape", pooled, Numbers(_export.Side > 0 ? 1 : -1, featureCount)) : Node("Flatten", pooled);
            end = Node("Gemm", rows, Constant(_tensors["fc.weight"]), Constant(_tensors["fc.bias"]));
            _graph.Node[^1].Attribute.Add(GraphAttribute.Int("transB", 1));
        }

        AddValue(_graph.Output, end);
    }

    private string Node(string operatorName, params string[] inputs)
    {
        string output = $"v{_graph.Node.Count}";
        _graph.Node.Add(new NodeProto { OpType = operatorName, Input = { inputs }, Output = { output } });
        return output;
    }

    private string Window(string output, int size, int stride)
    {
        NodeProto node = _graph.Node[^1];
        int half = size / 2;
        int after = _export.IsCntk && stride == 2 && half > 0 ? half - 1 : half;
        node.Attribute.Add(GraphAttribute.Ints("kernel_shape", size, size));
        node.Attribute.Add(GraphAttribute.Ints("strides", stride, stride));
        node.Attribute.Add(GraphAttribute.Ints("pads", half, half, after, after));
        return output;
    }

    private string Constant(FixtureTensor tensor)
    {
        string name = $"w{_graph.Initializer.Count}";
        var proto = new TensorProto { Name = name, DataType = (int)ElementType.Float, Dims = { tensor.Shape } };
        if (_export.IsCntk)
        {
            proto.FloatData.AddRange(tensor.Values);
            AddValue(_graph.Input, name, [.. tensor.Shape.Select(size => new TensorShapeProto.Types.Dimension { DimValue = size })]);
        }
        else
        {
            proto.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
        }

        _graph.Initializer.Add(proto);
        return name;
    }

    private string Numbers(params long[] values)
    {
        string name = $"n{_graph.Initializer.Count}";
        byte[] bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        _graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)ElementType.Int64,
            Dims = { values.Length },
            RawData = ByteString.CopyFrom(bytes),
        });
        return name;
    }
}
