using ImageTrainer.Graphs;

namespace ImageTrainer.Networks;

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
        return graph.Node(name).Gemm(features, weights, biases);
    }

    /// <summary>Adds the layer and what a classifier gives: softmax(logits / temperature) as Score [N, K], and its logarithm as LogScore.</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="features">[N, D].</param>
    /// <param name="temperature">
    /// Greater than 0; 1 leaves the head as it is. "On Calibration of Modern Neural Networks" (Guo et al., 2017), equation 9.
    /// </param>
    public void AddScoresTo(GraphBuilder graph, GraphTensor features, float temperature)
    {
        GraphTensor logits = AddTo(graph, "head", features);
        GraphTensor scaled = graph.Node("head.scaled").Div(logits, graph.Constant("head.temperature", new TensorShape(), [temperature]));
        graph.Output(graph.Node(TensorNames.Score).Softmax(scaled));
        graph.Output(graph.Node(TensorNames.LogScore).LogSoftmax(scaled));
    }
}
