using System.Runtime.InteropServices;
using System.Text;

namespace ImageTrainer.Onnx;

/// <summary>
/// Where a classifier of ours keeps its last feature map and its head, read off the bytes of its ONNX file: features are the map's
/// mean over the picture, and logits are a linear layer of features.
/// </summary>
/// <param name="Map">Name of the tensor [N, D, h, w] that features are the mean of.</param>
/// <param name="Weights">The head's weights, [K, D].</param>
/// <param name="Biases">Its biases, [K].</param>
internal sealed record FeatureMapPart(string Map, float[] Weights, float[] Biases)
{
    private const string FeaturesName = "Features";

    // ModelProto.graph; GraphProto.node, .initializer and .output; NodeProto; TensorProto; ValueInfoProto of onnx.proto.
    private const int GraphField = 7, NodeField = 1, InitializerField = 5, OutputField = 12, ValueNameField = 1;
    private const int NodeInputField = 1, NodeOutputField = 2, NodeOperatorField = 4;
    private const int TensorTypeField = 2, TensorNameField = 8, TensorDataField = 9, FloatType = 1;
    private static readonly string[] Reshapes = ["Flatten", "Reshape", "Squeeze", "Identity"];
    private static readonly string[] Means = ["GlobalAveragePool", "ReduceMean", "AveragePool"];

    /// <summary>Finds them.</summary>
    /// <param name="network">Bytes of the ONNX file.</param>
    /// <returns>Null where the network is made otherwise: its features are no mean of a map, or its head is not one linear layer.</returns>
    public static FeatureMapPart? Find(byte[] network)
    {
        Node[] nodes = [.. Parts(network, NodeField).Select(ReadNode)];
        Dictionary<string, Node> byOutput = nodes.SelectMany(node => node.Outputs.Select(output => (output, node)))
            .ToDictionary(pair => pair.output, pair => pair.node, StringComparer.Ordinal);
        string tensor = FeaturesName;
        while (byOutput.TryGetValue(tensor, out Node? node) && Reshapes.Contains(node.Operator)) tensor = node.Inputs[0];
        if (!byOutput.TryGetValue(tensor, out Node? mean) || !Means.Contains(mean.Operator)) return null;
        Node? head = Array.Find(nodes, node => node.Operator == "Gemm" && node.Inputs is [FeaturesName, _, _]);
        return head is not null && FindFloats(network, head.Inputs[1]) is { } weights && FindFloats(network, head.Inputs[2]) is { } biases
            ? new FeatureMapPart(mean.Inputs[0], weights, biases)
            : null;
    }

    /// <summary>
    /// The same network with one output more. Messages of protobuf may be appended to each other, and repeated fields grow by that.
    /// </summary>
    /// <param name="network">Bytes of the ONNX file.</param>
    /// <returns>A copy.</returns>
    public byte[] AddAsOutput(byte[] network)
    {
        byte[] output = ProtobufFields.Encode(ValueNameField, Encoding.UTF8.GetBytes(Map));
        return [.. network, .. ProtobufFields.Encode(GraphField, ProtobufFields.Encode(OutputField, output))];
    }

    private static float[]? FindFloats(byte[] network, string name)
    {
        foreach (ProtobufFields tensor in Parts(network, InitializerField))
        {
            (string found, ulong type, Range data) = ("", 0, default);
            for (ProtobufFields fields = tensor; fields.MoveNext();)
            {
                if (fields.Number == TensorTypeField) type = fields.Integer;
                else if (fields.Number == TensorNameField) found = Encoding.UTF8.GetString(fields.Bytes);
                else if (fields.Number == TensorDataField) data = fields.Start..(fields.Start + fields.Length);
            }

            if (found == name) return type == FloatType ? MemoryMarshal.Cast<byte, float>(network.AsSpan(data)).ToArray() : null;
        }

        return null;
    }

    private static Node ReadNode(ProtobufFields fields)
    {
        var node = new Node("", [], []);
        while (fields.MoveNext())
        {
            if (fields.Number == NodeInputField) node.Inputs.Add(Encoding.UTF8.GetString(fields.Bytes));
            else if (fields.Number == NodeOutputField) node.Outputs.Add(Encoding.UTF8.GetString(fields.Bytes));
            else if (fields.Number == NodeOperatorField) node = node with { Operator = Encoding.UTF8.GetString(fields.Bytes) };
        }

        return node;
    }

    private static List<ProtobufFields> Parts(byte[] network, int number)
    {
        var parts = new List<ProtobufFields>();
        for (var fields = new ProtobufFields(network, 0, network.Length); fields.MoveNext();)
        {
            if (fields.Number != GraphField) continue;
            for (ProtobufFields graph = fields.Message; graph.MoveNext();)
                if (graph.Number == number) parts.Add(graph.Message);
        }

        return parts;
    }

    private sealed record Node(string Operator, List<string> Inputs, List<string> Outputs);
}
