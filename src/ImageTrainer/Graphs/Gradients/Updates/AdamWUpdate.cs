using System.Numerics.Tensors;

namespace ImageTrainer.Graphs.Gradients.Updates;

/// <summary>
/// AdamW: m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, w' = w - rate m' c1 / (sqrt(v' c2) + epsilon) with c = 1 / (1 - b^step)
/// ("Decoupled Weight Decay Regularization", Loshchilov and Hutter, 2019, algorithm 2). The state holds M = m / (1 - b1) and V = v / (1 - b2),
/// which spares passes over all weights: M' = b1 M + g, V' = b2 V + g^2, and w' = w - rate a M' / (sqrt(V') + epsilon / s) with
/// s = sqrt((1 - b2) c2) and a = (1 - b1) c1 / s.
/// The rate is a share of each row's root mean square before training ("Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
/// Shazeer and Stern, 2018, section 8). Adam's steps are as long as the rate whatever the gradient: one rate for all would be a hundredth of one
/// network's weights and the whole of another's. So measured, scales folded into rows make no difference (docs/adr/0011-relative-rates.md).
/// </summary>
internal sealed class AdamWUpdate : UpdateRule
{
    // Biases are often 0 at first. The paper's epsilon_2.
    private const double LeastSize = 1e-3;

    // A row that is all but 0 at first moves as if it had this share of the others' size, so that it can come to life.
    private const double LeastRowShare = 0.1;
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

    /// <summary>The size of each row, which scales are a part of already.</summary>
    public override float[]? FactorsOf(ReadOnlySpan<float> initial, int rowCount, float[]? scales)
    {
        double all = Math.Max(LeastSize, Size(initial));
        if (rowCount == 1) return [(float)all];
        var factors = new float[rowCount];
        int length = initial.Length / rowCount;
        for (int row = 0; row < rowCount; row++) factors[row] = (float)Math.Max(LeastRowShare * all, Size(initial.Slice(row * length, length)));
        return factors;
    }

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

    private static double Size(ReadOnlySpan<float> values) => TensorPrimitives.Norm(values) / Math.Sqrt(values.Length);
}
