using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// y[p] = max over t of x[s p + t], so dL/dx[q] is the sum of dy[p] over the windows in which x[q] is greatest. Where several places of a
/// window are, each gets an equal share: a convex combination of the one-sided derivatives, that is a subgradient.
/// </summary>
internal sealed class MaxPoolGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope) =>
        tape.Formulation.MaxPool(scope, tape.Value(node.Inputs[0]), PassOf(node, tape));

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope)
    {
        (string x, string y) = (node.Inputs[0], node.Outputs[0]);
        GraphTensor dx = tape.Formulation.MaxPoolGradient(scope, tape.Value(x), (tape.Value(y), dy), PassOf(node, tape));
        tape.AddGradient(x, dx, scope);
    }

    private static WindowPass PassOf(GraphNode node, Tape tape) =>
        new(tape.SizeOf(node.Inputs[0]), tape.SizeOf(node.Outputs[0]), SlidingWindow.Of(node));
}
