namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Gemm as a linear layer, y = x W^T + b for x [N, D] and W [K, D]. So dL/dW = dy^T x, dL/db = the sum of dy over images, dL/dx = dy W.
/// </summary>
internal sealed class LinearGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope) =>
        tape.Formulation.Linear(scope, tape.Value(node.Inputs[0]), tape.Value(node.Inputs[1]), tape.Value(node.Inputs[2]));

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope)
    {
        (string x, string weights, string bias) = (node.Inputs[0], node.Inputs[1], node.Inputs[2]);
        if (tape.NeedsGradient(weights))
            tape.AddGradient(weights, tape.Formulation.LinearWeightGradient(scope, tape.Value(x), dy), scope);
        if (tape.NeedsGradient(bias))
            tape.AddGradient(bias, tape.Formulation.LinearBiasGradient(scope, dy), scope);
        if (tape.NeedsGradient(x))
            tape.AddGradient(x, tape.Formulation.LinearInputGradient(scope, tape.Value(weights), dy), scope);
    }
}
