namespace ImageTrainer.Graphs.Gradients;

/// <summary>y = max(x, 0), so dL/dx = dL/dy where y is above 0, and 0 elsewhere.</summary>
internal sealed class ReluGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope) => scope.Relu(Input(0));

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy) =>
        Send(scope, 0, () => scope.Mul(dy, scope.IsPositive(Tape.Value(Output))));
}

/// <summary>
/// y = a + b, so dL/da = dL/db = dL/dy. Where a shortcut branches off, the tape adds up both ways: dL/dx = dL/dy (I + dF/dx)
/// ("Identity Mappings in Deep Residual Networks", He et al., 2016, equation 5).
/// </summary>
internal sealed class AddGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope) => scope.Add(Input(0), Input(1));

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy)
    {
        Send(scope, 0, () => dy);
        Send(scope, 1, () => dy);
    }
}

/// <summary>
/// y = x * mask, so dL/dx = dL/dy * mask. The mask, [N, D] of 0 and 1 / (1 - p), is an input of the graph: whoever runs it draws the mask
/// from its own seed, and so can draw it again ("Dropout", Srivastava et al., 2014, section 4; scaled in training, not in use).
/// </summary>
internal sealed class DropoutGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    private GraphTensor? _mask;

    /// <summary>Name of the mask of a Dropout node.</summary>
    public static string MaskName(string node) => $"{node}.mask";

    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope)
    {
        GraphTensor x = Input(0);
        _mask = Tape.AddMask(MaskName(Node.Name), Formulation.ToRows(scope, x).Shape);
        return scope.Mul(x, Formulation.FromRows(scope, _mask));
    }

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy) =>
        Send(scope, 0, () => scope.Mul(dy, Formulation.FromRows(scope, _mask!)));
}

/// <summary>[N, C, 1, 1] to [N, C]: the pooled activations are a matrix already, and gradients pass as they are.</summary>
internal sealed class FlattenGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    /// <exception cref="GraphException">There is more than one place to flatten.</exception>
    public override GraphTensor Forward(NodeScope scope) => InputSize.PlaneLength == 1
        ? Input(0)
        : throw new GraphException(Node.Name, "Flatten", "there is no gradient but after a global pool");

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy) => Send(scope, 0, () => dy);
}

/// <summary>y = mean of x over H W places, so every place gets dL/dy / (H W). The result is a matrix: its places are gone.</summary>
internal sealed class GlobalAveragePoolGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope) => Formulation.SpatialMean(scope, Input(0));

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy) => Send(scope, 0, () => Formulation.Spread(scope, dy, InputSize));
}

/// <summary>
/// y[p] = max over t of x[s p + t], so dL/dx[q] is the sum of dy[p] over the windows in which x[q] is greatest. Where several places of a
/// window are, each gets an equal share: a convex combination of the one-sided derivatives, that is a subgradient.
/// </summary>
internal sealed class MaxPoolGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope) => Formulation.MaxPool(scope, Input(0), Pass);

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy) =>
        Send(scope, 0, () => Formulation.MaxPoolGradient(scope, Input(0), (Tape.Value(Output), dy), Pass));
}
