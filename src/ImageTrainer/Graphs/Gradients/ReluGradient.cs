namespace ImageTrainer.Graphs.Gradients;

/// <summary>y = max(x, 0), so dL/dx = dL/dy where y is above 0, and 0 elsewhere.</summary>
internal sealed class ReluGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope) => scope.Map("Relu", tape.Value(node.Inputs[0]));

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope) =>
        tape.AddGradient(node.Inputs[0], scope.Mul(dy, scope.IsPositive(tape.Value(node.Outputs[0]))), scope);
}
