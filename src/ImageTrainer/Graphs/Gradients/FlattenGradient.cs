namespace ImageTrainer.Graphs.Gradients;

/// <summary>[N, C, 1, 1] to [N, C]: the pooled activations are a matrix already, and gradients pass as they are.</summary>
internal sealed class FlattenGradient : IOperatorGradient
{
    /// <inheritdoc/>
    /// <exception cref="GraphException">There is more than one place to flatten.</exception>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope) => tape.SizeOf(node.Inputs[0]).PlaneLength == 1
        ? tape.Value(node.Inputs[0])
        : throw new GraphException(node.Name, "Flatten", "there is no gradient but after a global pool");

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope) => tape.AddGradient(node.Inputs[0], dy, scope);
}
