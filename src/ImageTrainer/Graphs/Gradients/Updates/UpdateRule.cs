namespace ImageTrainer.Graphs.Gradients.Updates;

/// <summary>How weights follow their gradients, as nodes of the training graph.</summary>
internal abstract class UpdateRule
{
    /// <summary>Endings of the names of the tensors that a parameter has beside itself, each of its shape and 0 at first.</summary>
    public abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>Names of the scalar inputs that depend on the number of the step; <see cref="ScalarsAt"/> gives their values.</summary>
    public virtual IReadOnlyList<string> ScalarNames => [];

    /// <summary>Values of the scalar inputs.</summary>
    /// <param name="step">Number of the step, from 1.</param>
    public virtual IReadOnlyList<float> ScalarsAt(long step) => [];

    /// <summary>Adds the update of one parameter.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="parameter">The parameter, its gradient and its state.</param>
    /// <param name="rates">The learning rate and what it multiplies.</param>
    /// <param name="scalars">The inputs of <see cref="ScalarNames"/>.</param>
    /// <returns>The new weights and the new state.</returns>
    public abstract (GraphTensor Weights, GraphTensor[] State) Add(
        NodeScope scope, UpdatedParameter parameter, UpdateRates rates, IReadOnlyList<GraphTensor> scalars);

    /// <summary>What a parameter's learning rate is multiplied by: one factor for each row, one for all of it, or null for 1.</summary>
    /// <param name="initial">Its values at first, [M, ...], row-major; a vector is one row.</param>
    /// <param name="rowCount">M.</param>
    /// <param name="scales">
    /// s, [M], where the parameter is W = s U with a fixed s and U is to be trained at the rate: dL/dU = s dL/dW, and W moves by s times what U
    /// moves by. Null where the parameter itself is.
    /// </param>
    public abstract float[]? FactorsOf(ReadOnlySpan<float> initial, int rowCount, float[]? scales);

    /// <summary>w (1 - rate decay) - rate step: the decay is the weights' own and does not pass through the gradient
    /// ("Decoupled Weight Decay Regularization", Loshchilov and Hutter, 2019, algorithms 1 and 2).</summary>
    protected static GraphTensor Move(NodeScope scope, GraphTensor weights, GraphTensor step, UpdateRates rates) => scope.Sub(
        rates.Decay is { } decay ? scope.Mul(weights, decay) : weights,
        scope.Mul(step, rates.Rate));
}

/// <summary>A parameter in the training graph.</summary>
/// <param name="Weights">Its value.</param>
/// <param name="Gradient">dL/d(weights), clipped where that was asked for.</param>
/// <param name="State">Its state, in the order of <see cref="UpdateRule.StateNames"/>.</param>
internal sealed record UpdatedParameter(GraphTensor Weights, GraphTensor Gradient, IReadOnlyList<GraphTensor> State);

/// <summary>How far a parameter moves.</summary>
/// <param name="Rate">The learning rate, a scalar or one of each row.</param>
/// <param name="Decay">1 - rate * weight decay, a scalar; null for parameters that do not decay.</param>
internal sealed record UpdateRates(GraphTensor Rate, GraphTensor? Decay);
