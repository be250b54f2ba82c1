using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>The function of <see cref="FeatureSpaceObjective"/>, written in the coordinates of <see cref="RowSpace"/>.</summary>
internal sealed class RowSpaceObjective : HeadObjective
{
    private const int BlockRowCount = 64;

    private readonly HeadProblem _problem;
    private readonly RowSpace _space;
    private readonly int[] _rows;
    private readonly int _mixtureLength;
    private readonly double _totalWeight;
    private readonly float[] _logits;

    /// <summary>The objective over some rows of a problem.</summary>
    public RowSpaceObjective(HeadProblem problem, int[] rows, RowSpace space)
    {
        (_problem, _rows, _space) = (problem, rows, space);
        _mixtureLength = problem.ClassCount * space.Width;
        _totalWeight = problem.WeightOf(rows);
        _logits = new float[problem.ClassCount];
    }

    /// <inheritdoc/>
    public override int Length => (2 * _mixtureLength) + _problem.ClassCount;

    /// <summary>
    /// trace(A_l G A_r^T) + b_l . b_r: the mixture of one times the logits of the other.
    /// </summary>
    public override double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right) =>
        SumProducts(left[.._mixtureLength], right[_mixtureLength..(2 * _mixtureLength)])
        + SumProducts(left[(2 * _mixtureLength)..], right[(2 * _mixtureLength)..]);

    /// <inheritdoc/>
    public override double Evaluate(float[] point, float[] gradient)
    {
        // By W = A X the gradient is (R + l2 A) X with R = w (p - onehot): its mixture is R + l2 A, its logits (R + l2 A) G.
        Array.Clear(gradient);
        double loss = FillResiduals(point, gradient);
        float[] residuals = gradient[.._mixtureLength];
        MultiplyByProducts(residuals, gradient);
        Span<float> both = gradient.AsSpan(0, 2 * _mixtureLength);
        TensorPrimitives.MultiplyAdd(point.AsSpan(0, 2 * _mixtureLength), (float)L2, both, both);
        ReadOnlySpan<float> mixture = point.AsSpan(0, _mixtureLength);
        return loss + (L2 / 2 * SumProducts(mixture, point.AsSpan(_mixtureLength, _mixtureLength)));
    }

    /// <summary>Writes R and the biases' gradient; returns the mean cross-entropy.</summary>
    private double FillResiduals(float[] point, float[] gradient)
    {
        int classCount = _problem.ClassCount;
        double loss = 0;
        foreach (int row in _rows)
        {
            for (int k = 0; k < classCount; k++)
                _logits[k] = point[_mixtureLength + (k * _space.Width) + row] + point[(2 * _mixtureLength) + k];
            float weight = (float)(_problem.RowWeights[row] / _totalWeight);
            loss += SoftmaxCrossEntropy.ReplaceByGradient(_logits, _problem.Labels[row], weight);
            for (int k = 0; k < classCount; k++)
            {
                gradient[(k * _space.Width) + row] = _logits[k];
                gradient[(2 * _mixtureLength) + k] += _logits[k];
            }
        }

        return loss;
    }

    /// <summary>Writes R G after R.</summary>
    private void MultiplyByProducts(float[] residuals, float[] gradient)
    {
        int classCount = _problem.ClassCount;
        int rowCount = _problem.Features.RowCount;
        int width = _space.Width;
        Parallel.For(0, (rowCount + BlockRowCount - 1) / BlockRowCount, _problem.Parallel, block =>
        {
            int start = block * BlockRowCount;
            int count = Math.Min(BlockRowCount, rowCount - start);
            float[] scores = new float[count * classCount];
            BlockProducts.Multiply(_space.Products.AsSpan(start * width, count * width), residuals, width, scores);
            for (int i = 0; i < scores.Length; i++)
                gradient[_mixtureLength + (i % classCount * width) + start + (i / classCount)] = scores[i];
        });
    }
}
