namespace ImageTrainer.Graphs.Gradients.Updates;

/// <summary>
/// Stochastic gradient descent with Nesterov's momentum: u' = m u + g, w' = w - rate (g + m u')
/// ("On the importance of initialization and momentum in deep learning", Sutskever et al., 2013, section 2, in the form with the rate
/// outside that PyTorch uses too).
/// </summary>
/// <param name="momentum">m, 0 to below 1.</param>
internal sealed class NesterovUpdate(double momentum = 0.9) : UpdateRule
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames { get; } = ["momentum"];

    /// <inheritdoc/>
    public override float[]? FactorsOf(ReadOnlySpan<float> initial, int rowCount, float[]? scales) => scales?.Select(scale => scale * scale).ToArray();

    /// <inheritdoc/>
    public override (GraphTensor Weights, GraphTensor[] State) Add(
        NodeScope scope, UpdatedParameter parameter, UpdateRates rates, IReadOnlyList<GraphTensor> scalars)
    {
        GraphTensor velocity = scope.Add(scope.Mul(parameter.State[0], momentum), parameter.Gradient);
        GraphTensor step = scope.Add(scope.Mul(velocity, momentum), parameter.Gradient);
        return (Move(scope, parameter.Weights, step, rates), [velocity]);
    }
}
