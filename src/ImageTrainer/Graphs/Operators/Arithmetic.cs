using System.Collections.Immutable;

namespace ImageTrainer.Graphs.Operators;

/// <summary>Element by element, two tensors at a time, with axes of size 1 stretched as NumPy does (ONNX: multidirectional broadcasting).</summary>
internal static class Arithmetic
{
    /// <summary>a + b.</summary>
    public static GraphTensor Add(this GraphBuilder graph, string name, GraphTensor a, GraphTensor b) => Binary(graph, "Add", name, a, b);

    /// <summary>a - b.</summary>
    public static GraphTensor Sub(this GraphBuilder graph, string name, GraphTensor a, GraphTensor b) => Binary(graph, "Sub", name, a, b);

    /// <summary>a * b.</summary>
    public static GraphTensor Mul(this GraphBuilder graph, string name, GraphTensor a, GraphTensor b) => Binary(graph, "Mul", name, a, b);

    /// <summary>a / b.</summary>
    public static GraphTensor Div(this GraphBuilder graph, string name, GraphTensor a, GraphTensor b) => Binary(graph, "Div", name, a, b);

    private static GraphTensor Binary(GraphBuilder graph, string operatorName, string name, GraphTensor a, GraphTensor b)
    {
        TensorShape shape = Broadcast(a.Shape, b.Shape)
            ?? throw new GraphException(name, operatorName, $"the shapes {a.Shape} of '{a.Name}' and {b.Shape} of '{b.Name}' do not go together");
        return graph.Emit(operatorName, name, [a, b], shape);
    }

    private static TensorShape? Broadcast(TensorShape a, TensorShape b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        var dimensions = ImmutableArray.CreateBuilder<Dimension>(rank);
        for (int axis = 0; axis < rank; axis++)
        {
            Dimension left = FromTheRight(a, rank - axis), right = FromTheRight(b, rank - axis);
            if (left != right && left.Size != 1 && right.Size != 1)
                return null;
            dimensions.Add(left.Size == 1 ? right : left);
        }

        return new TensorShape(dimensions.MoveToImmutable());
    }

    private static Dimension FromTheRight(TensorShape shape, int distance) => distance > shape.Rank ? 1 : shape[shape.Rank - distance];
}
