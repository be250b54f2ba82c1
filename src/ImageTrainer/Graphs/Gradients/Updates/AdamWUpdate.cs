namespace ImageTrainer.Graphs.Gradients.Updates;

/// <summary>
/// AdamW: m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, w' = w - rate m' c1 / (sqrt(v' c2) + epsilon) with c = 1 / (1 - b^step)
/// ("Decoupled Weight Decay Regularization", Loshchilov and Hutter, 2019, algorithm 2).
/// </summary>
internal sealed class AdamWUpdate : UpdateRule
{
    private const double FirstDecay = 0.9;
    private const double SecondDecay = 0.999;
    private const double Epsilon = 1e-8;

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames { get; } = ["mean", "variance"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> ScalarNames { get; } = ["Adam.meanCorrection", "Adam.varianceCorrection"];

    /// <inheritdoc/>
    public override IReadOnlyList<float> ScalarsAt(long step) =>
        [(float)(1 / (1 - Math.Pow(FirstDecay, step))), (float)(1 / (1 - Math.Pow(SecondDecay, step)))];

    /// <inheritdoc/>
    public override (GraphTensor Weights, GraphTensor[] State) Add(
        NodeScope scope, UpdatedParameter parameter, UpdateRates rates, IReadOnlyList<GraphTensor> scalars)
    {
        GraphTensor square = scope.Mul(parameter.Gradient, parameter.Gradient);
        GraphTensor mean = scope.Add(scope.Mul(parameter.State[0], FirstDecay), scope.Mul(parameter.Gradient, 1 - FirstDecay));
        GraphTensor variance = scope.Add(scope.Mul(parameter.State[1], SecondDecay), scope.Mul(square, 1 - SecondDecay));
        GraphTensor deviation = scope.Add(scope.Map("Sqrt", scope.Mul(variance, scalars[1])), scope.Scalar(Epsilon));
        GraphTensor step = scope.Div(scope.Mul(mean, scalars[0]), deviation);
        return (Move(scope, parameter.Weights, step, rates), [mean, variance]);
    }
}
