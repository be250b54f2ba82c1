namespace ImageTrainer.Graphs.Gradients;

/// <summary>y = mean of x over H W places, so every place gets dL/dy / (H W). The result is a matrix: its places are gone.</summary>
internal sealed class GlobalAveragePoolGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope) =>
        tape.Formulation.SpatialMean(scope, tape.Value(node.Inputs[0]));

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope) =>
        tape.AddGradient(node.Inputs[0], tape.Formulation.Spread(scope, dy, tape.SizeOf(node.Inputs[0])), scope);
}
