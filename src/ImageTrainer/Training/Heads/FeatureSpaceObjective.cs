using System.Buffers;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// sum_n w_n * crossEntropy(W x_n + b, y_n) / sum_n w_n + l2 / 2 * ||W||^2 as a function of W on standardised features and b.
/// One evaluation reads every row of the matrix once.
/// </summary>
internal sealed class FeatureSpaceObjective : HeadObjective
{
    private const int MaxChunkCount = 32;
    private const int MinChunkRowCount = 128;

    /// <summary>Floats that the chunks' gradients may take together, whatever the matrix' size: 16 MiB.</summary>
    private const long MinPartialLength = 4 * 1024 * 1024;

    private readonly HeadProblem _problem;
    private readonly int[] _rows;
    private readonly FeatureSpace _space;
    private readonly int _weightCount;
    private readonly int _chunkCount;
    private readonly double _totalWeight;

    /// <summary>The objective over some rows of a problem.</summary>
    public FeatureSpaceObjective(HeadProblem problem, int[] rows, FeatureSpace space)
    {
        (_problem, _rows, _space) = (problem, rows, space);
        _weightCount = problem.ClassCount * BlockProducts.PaddedWidth(problem.Features.ColumnCount);
        _totalWeight = problem.WeightOf(rows);
        long partialLength = Math.Max(MinPartialLength, problem.Features.Values.Length / 4);
        long chunkCount = Math.Min(rows.Length / MinChunkRowCount, partialLength / Length);
        _chunkCount = (int)Math.Clamp(chunkCount, 1, MaxChunkCount);
    }

    /// <inheritdoc/>
    public override int Length => _weightCount + _problem.ClassCount;

    /// <inheritdoc/>
    public override double Evaluate(float[] point, float[] gradient)
    {
        // Chunks depend on the data alone and their sums are added in order: any number of threads gives the same bits.
        double[] losses = new double[_chunkCount];
        float[][] partials = new float[_chunkCount][];
        Parallel.For(0, _chunkCount, _problem.Parallel, chunk =>
        {
            partials[chunk] = ArrayPool<float>.Shared.Rent(Length);
            partials[chunk].AsSpan(0, Length).Clear();
            losses[chunk] = EvaluateChunk(chunk, point, partials[chunk]);
        });
        double penalty = AddPartials(partials, point, gradient);
        foreach (float[] partial in partials)
            ArrayPool<float>.Shared.Return(partial);
        return losses.Sum() + penalty;
    }

    private double EvaluateChunk(int chunk, float[] point, float[] gradient)
    {
        int start = (int)((long)_rows.Length * chunk / _chunkCount);
        int end = (int)((long)_rows.Length * (chunk + 1) / _chunkCount);
        int classCount = _problem.ClassCount;
        int width = _weightCount / classCount;
        double loss = 0;
        _space.VisitBlocks(point, _rows.AsSpan(start, end - start), (rows, standardized, logits) =>
        {
            for (int i = 0; i < rows.Length; i++)
            {
                Span<float> row = logits.Slice(i * classCount, classCount);
                float weight = (float)(_problem.RowWeights[rows[i]] / _totalWeight);
                loss += SoftmaxCrossEntropy.ReplaceByGradient(row, _problem.Labels[rows[i]], weight);
                for (int k = 0; k < classCount; k++)
                    gradient[_weightCount + k] += row[k];
            }

            BlockProducts.AddTransposedProduct(logits, standardized, width, gradient.AsSpan(0, _weightCount));
        });
        return loss;
    }

    /// <summary>Sums the chunks' gradients in double, in order, adds the penalty's, and returns the penalty.</summary>
    private double AddPartials(float[][] partials, float[] point, float[] gradient)
    {
        for (int k = 0; k < _problem.ClassCount; k++)
            gradient[_weightCount + k] = (float)partials.Sum(partial => (double)partial[_weightCount + k]);
        int width = _weightCount / _problem.ClassCount;
        double[] penalties = new double[_problem.ClassCount];
        Parallel.For(0, _problem.ClassCount, _problem.Parallel, k =>
        {
            for (int i = k * width; i < (k + 1) * width; i++)
            {
                double sum = L2 * point[i];
                foreach (float[] partial in partials)
                    sum += partial[i];
                gradient[i] = (float)sum;
            }

            ReadOnlySpan<float> weights = point.AsSpan(k * width, width);
            penalties[k] = L2 / 2 * SumProducts(weights, weights);
        });
        return penalties.Sum();
    }
}
