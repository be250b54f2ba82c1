namespace ImageTrainer.Graphs.Gradients.Updates;

/// <summary>
/// AdamW: m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, w' = w - rate m' c1 / (sqrt(v' c2) + epsilon) with c = 1 / (1 - b^step)
/// ("Decoupled Weight Decay Regularization", Loshchilov and Hutter, 2019, algorithm 2). The state holds M = m / (1 - b1) and V = v / (1 - b2),
/// which spares passes over all weights: M' = b1 M + g, V' = b2 V + g^2, and w' = w - rate a M' / (sqrt(V') + epsilon / s) with
/// s = sqrt((1 - b2) c2) and a = (1 - b1) c1 / s.
/// </summary>
internal sealed class AdamWUpdate : UpdateRule
{
    private const double FirstDecay = 0.9;
    private const double SecondDecay = 0.999;
    private const double Epsilon = 1e-8;

    /// <inheritdoc/>
    public override IReadOnlyList<string> StateNames { get; } = ["mean", "variance"];

    /// <inheritdoc/>
    public override IReadOnlyList<string> ScalarNames { get; } = ["Adam.factor", "Adam.epsilon"];

    /// <inheritdoc/>
    public override IReadOnlyList<float> ScalarsAt(long step)
    {
        double deviation = Math.Sqrt((1 - SecondDecay) / (1 - Math.Pow(SecondDecay, step)));
        return [(float)((1 - FirstDecay) / (1 - Math.Pow(FirstDecay, step)) / deviation), (float)(Epsilon / deviation)];
    }

    /// <summary>A step does not depend on the size of the gradient, but for epsilon: one factor of s is left.</summary>
    public override float FactorOf(float scale) => Math.Abs(scale);

    /// <inheritdoc/>
    public override (GraphTensor Weights, GraphTensor[] State) Add(
        NodeScope scope, UpdatedParameter parameter, UpdateRates rates, IReadOnlyList<GraphTensor> scalars)
    {
        GraphTensor mean = scope.Add(scope.Mul(parameter.State[0], FirstDecay), parameter.Gradient);
        GraphTensor variance = scope.Add(scope.Mul(parameter.State[1], SecondDecay), scope.Mul(parameter.Gradient, parameter.Gradient));
        GraphTensor step = scope.Div(mean, scope.Add(scope.Map("Sqrt", variance), scalars[1]));
        UpdateRates scaled = rates with { Rate = scope.Mul(rates.Rate, scalars[0]) };
        return (Move(scope, parameter.Weights, step, scaled), [mean, variance]);
    }
}
