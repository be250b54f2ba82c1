using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Backbones.Weights;

/// <summary>The linear layer that an ONNX classifier ends in.</summary>
internal static class OnnxHead
{
    /// <summary>The last node that multiplies by a matrix, which a classifier does at its end; null where there is none.</summary>
    public static NodeProto? FindLast(GraphProto graph) =>
        graph.Node.LastOrDefault(node => node is { OpType: "Gemm" or "MatMul", Domain: "" or "ai.onnx" } && node.Input.Count >= 2);

    /// <summary>Number of columns that the first such node after a tensor asks of it, or null where the file does not tell.</summary>
    public static long? WidthAfter(GraphProto graph, string tensor) =>
        graph.Node.FirstOrDefault(node =>
            node.OpType is "Gemm" or "MatMul" && node.Input is [var first, _, ..] && first == tensor) is { } node
        && FindMatrix(graph, node.Input[1]) is { Dims: [var rows, var columns] }
            ? IsTransposed(node) ? columns : rows
            : null;

    /// <summary>The weights and biases of a Gemm on a tensor, or null where they are not plain floats.</summary>
    public static LinearLayer? ReadAfter(GraphProto graph, string tensor, int featureCount)
    {
        NodeProto? node = graph.Node.FirstOrDefault(node => node.OpType == "Gemm" && node.Input is [var first, _, _] && first == tensor);
        if (node is null || node.Attribute.Any(attribute => attribute.Name is "alpha" or "beta" && attribute.F != 1))
            return null;
        var view = new OnnxGraphView(graph);
        if (view.Floats(node.Input[1]) is not { } weights || view.Floats(node.Input[2]) is not { } biases) return null;
        if (biases.Length == 0 || (long)biases.Length * featureCount != weights.Length)
            return null;
        return new LinearLayer(IsTransposed(node) ? weights : Transpose(weights, featureCount, biases.Length), biases);
    }

    private static bool IsTransposed(NodeProto node) => node.Attribute.Any(attribute => attribute is { Name: "transB", I: not 0 });

    private static TensorProto? FindMatrix(GraphProto graph, string name) => graph.Initializer.FirstOrDefault(tensor => tensor.Name == name);

    private static float[] Transpose(float[] matrix, int rowCount, int columnCount)
    {
        float[] transposed = new float[matrix.Length];
        for (int row = 0; row < rowCount; row++)
        {
            for (int column = 0; column < columnCount; column++)
                transposed[(column * rowCount) + row] = matrix[(row * columnCount) + column];
        }

        return transposed;
    }
}
