using System.Numerics.Tensors;

namespace ImageTrainer.Graphs.Gradients;

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

    /// <summary>Adds the step of one parameter, which the learning rate multiplies: w' = w - rate step.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="gradient">dL/dw, clipped where that was asked for.</param>
    /// <param name="state">The parameter's state, in the order of <see cref="StateNames"/>.</param>
    /// <param name="scalars">The inputs of <see cref="ScalarNames"/>.</param>
    /// <returns>The step and the new state.</returns>
    public abstract (GraphTensor Step, GraphTensor[] State) Add(
        NodeScope scope, GraphTensor gradient, GraphTensor[] state, GraphTensor[] scalars);

    /// <summary>Which of the scalars multiplies the learning rate of every parameter; null for none.</summary>
    public virtual GraphTensor? RateScalar(GraphTensor[] scalars) => null;

    /// <summary>What a parameter's learning rate is multiplied by: one factor for each row, one for all of it, or null for 1.</summary>
    /// <param name="initial">Its values at first, [M, ...], row-major; a vector is one row.</param>
    /// <param name="rowCount">M.</param>
    /// <param name="scales">
    /// s, [M], where the parameter is W = s U with a fixed s and U is to be trained at the rate: dL/dU = s dL/dW, and W moves by s times
    /// what U moves by. Null where the parameter itself is.
    /// </param>
    public abstract float[]? FactorsOf(ReadOnlySpan<float> initial, int rowCount, float[]? scales);
}

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
    public override float[]? FactorsOf(ReadOnlySpan<float> initial, int rowCount, float[]? scales) =>
        scales?.Select(scale => scale * scale).ToArray();

    /// <inheritdoc/>
    public override (GraphTensor Step, GraphTensor[] State) Add(
        NodeScope scope, GraphTensor gradient, GraphTensor[] state, GraphTensor[] scalars)
    {
        GraphTensor velocity = scope.Add(scope.Mul(state[0], momentum), gradient);
        return (scope.Add(scope.Mul(velocity, momentum), gradient), [velocity]);
    }
}

/// <summary>
/// AdamW: m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2, w' = w - rate m' c1 / (sqrt(v' c2) + epsilon) with c = 1 / (1 - b^step)
/// ("Decoupled Weight Decay Regularization", Loshchilov and Hutter, 2019, algorithm 2). The state holds M = m / (1 - b1) and
/// V = v / (1 - b2), which spares passes over all weights: M' = b1 M + g, V' = b2 V + g^2, and
/// w' = w - rate a M' / (sqrt(V') + epsilon / s) with s = sqrt((1 - b2) c2) and a = (1 - b1) c1 / s.
/// The rate is a share of each row's root mean square before training ("Adafactor: Adaptive Learning Rates with Sublinear Memory Cost",
/// Shazeer and Stern, 2018, section 8). Adam's steps are as long as the rate whatever the gradient: one rate for all would be a hundredth
/// of one network's weights and the whole of another's. So measured, scales folded into rows make no difference
/// (docs/adr/0011-relative-rates.md).
/// </summary>
internal sealed class AdamWUpdate : UpdateRule
{
    /// <summary>Biases are often 0 at first. The paper's epsilon_2.</summary>
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
        for (int row = 0; row < rowCount; row++)
            factors[row] = (float)Math.Max(LeastRowShare * all, Size(initial.Slice(row * length, length)));
        return factors;
    }

    /// <inheritdoc/>
    public override (GraphTensor Step, GraphTensor[] State) Add(
        NodeScope scope, GraphTensor gradient, GraphTensor[] state, GraphTensor[] scalars)
    {
        GraphTensor mean = scope.Add(scope.Mul(state[0], FirstDecay), gradient);
        GraphTensor variance = scope.Add(scope.Mul(state[1], SecondDecay), scope.Mul(gradient, gradient));
        return (scope.Div(mean, scope.Add(scope.Map("Sqrt", variance), scalars[1])), [mean, variance]);
    }

    /// <inheritdoc/>
    public override GraphTensor RateScalar(GraphTensor[] scalars) => scalars[0];

    private static double Size(ReadOnlySpan<float> values) => TensorPrimitives.Norm(values) / Math.Sqrt(values.Length);
}

/// <summary>
/// Scales all gradients together so that their joint norm does not exceed a limit: g' = g min(1, c / |g|)
/// ("On the difficulty of training recurrent neural networks", Pascanu et al., 2013, algorithm 1).
/// </summary>
internal static class GradientClipping
{
    /// <summary>Adds the clipping.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="gradients">Of all parameters.</param>
    /// <param name="scales">
    /// Of each, the scales s of its rows where W = s U and the gradient of U counts, which is s times as long; or null.
    /// </param>
    /// <param name="limit">c, above 0.</param>
    /// <returns>The gradients in the same order.</returns>
    public static GraphTensor[] Add(
        NodeScope scope, IReadOnlyList<GraphTensor> gradients, IReadOnlyList<float[]?> scales, double limit)
    {
        GraphTensor square = gradients.Zip(scales, (gradient, rows) => SumOfSquares(scope, gradient, rows)).Aggregate(scope.Add);
        GraphTensor norm = scope.Add(scope.Map("Sqrt", square), scope.Scalar(1e-12));
        GraphTensor factor = scope.Emit("Min", [scope.Div(scope.Scalar(limit), norm), scope.Scalar(1)], []);
        return [.. gradients.Select(gradient => scope.Mul(gradient, factor))];
    }

    private static GraphTensor SumOfSquares(NodeScope scope, GraphTensor gradient, float[]? scales)
    {
        if (scales is null) return scope.Emit("ReduceSumSquare", [gradient], [], GraphAttribute.Int("keepdims", 0));
        GraphTensor rows = scope.Reduce("ReduceSumSquare", gradient, 1);
        return scope.ReduceSum(scope.Mul(rows, scope.Constant([scales.Length], [.. scales.Select(scale => scale * scale)])), 0);
    }
}
