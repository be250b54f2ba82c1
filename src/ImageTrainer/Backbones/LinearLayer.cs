using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Backbones;

/// <summary>A linear layer: logits = features * transpose(weights) + biases.</summary>
/// <param name="Weights">[K, D], row-major.</param>
/// <param name="Biases">[K].</param>
internal sealed record LinearLayer(float[] Weights, float[] Biases)
{
    /// <summary>K, the number of classes.</summary>
    public int ClassCount => Biases.Length;

    /// <summary>Adds the layer to a graph.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="features">[N, D].</param>
    /// <returns>float [N, K].</returns>
    public GraphTensor AddTo(GraphBuilder graph, string name, GraphTensor features)
    {
        GraphTensor weights = graph.Constant($"{name}.weight", new TensorShape(ClassCount, features.Shape[1]), Weights.AsSpan());
        GraphTensor biases = graph.Constant($"{name}.bias", new TensorShape(ClassCount), Biases.AsSpan());
        return graph.Gemm(name, features, weights, biases);
    }
}
