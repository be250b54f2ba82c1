namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// y = a + b, so dL/da = dL/db = dL/dy. Where a shortcut branches off, the tape adds up both ways: dL/dx = dL/dy (I + dF/dx)
/// ("Identity Mappings in Deep Residual Networks", He et al., 2016, equation 5).
/// </summary>
internal sealed class AddGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope) => scope.Add(tape.Value(node.Inputs[0]), tape.Value(node.Inputs[1]));

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope)
    {
        foreach (string input in node.Inputs.Where(tape.NeedsGradient))
            tape.AddGradient(input, dy, scope);
    }
}
