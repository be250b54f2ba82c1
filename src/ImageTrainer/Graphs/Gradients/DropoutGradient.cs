namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// y = x * mask, so dL/dx = dL/dy * mask. The mask, [N, D] of 0 and 1 / (1 - p), is an input of the graph: whoever runs it draws the mask
/// from its own seed, and so can draw it again ("Dropout", Srivastava et al., 2014, section 4; scaled in training, not in use).
/// </summary>
internal sealed class DropoutGradient : IOperatorGradient
{
    /// <summary>Name of the mask of a Dropout node.</summary>
    public static string MaskName(string node) => $"{node}.mask";

    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope)
    {
        GraphTensor x = tape.Value(node.Inputs[0]);
        GraphTensor rows = tape.Formulation.ToRows(scope, x);
        return scope.Mul(x, tape.Formulation.FromRows(scope, tape.AddMask(MaskName(node.Name), rows.Shape)));
    }

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope)
    {
        GraphTensor mask = tape.Masks.First(input => input.Name == MaskName(node.Name));
        tape.AddGradient(node.Inputs[0], scope.Mul(dy, tape.Formulation.FromRows(scope, mask)), scope);
    }
}
