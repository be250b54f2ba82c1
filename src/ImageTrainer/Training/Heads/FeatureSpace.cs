using System.Buffers;
using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>A head as its weights on standardised features: points are [K, padded D] weights, then K biases.</summary>
internal sealed class FeatureSpace(HeadProblem problem) : HeadSpace
{
    /// <summary>Floats of a block of standardised rows: 256 KiB, which a core's second-level cache holds beside weights and sums.</summary>
    private const int BlockLength = 64 * 1024;

    private readonly int _width = BlockProducts.PaddedWidth(problem.Features.ColumnCount);

    /// <inheritdoc/>
    public override HeadObjective Objective(int[] rows) => new FeatureSpaceObjective(problem, rows, this);

    /// <inheritdoc/>
    public override float[] StandardizedWeights(float[] point) => point[..(problem.ClassCount * _width)];

    /// <inheritdoc/>
    public override void Score(float[] point, int[] rows, float[] logits)
    {
        int classCount = problem.ClassCount;
        VisitBlocks(point, rows, (blockRows, _, scores) =>
        {
            for (int i = 0; i < blockRows.Length; i++)
                scores.Slice(i * classCount, classCount).CopyTo(logits.AsSpan(blockRows[i] * classCount));
        });
    }

    /// <summary>
    /// What is done with a block: its row indices, its standardised rows [R, padded D], its logits [R, K] (free to be overwritten).
    /// </summary>
    internal delegate void BlockVisitor(ReadOnlySpan<int> rows, ReadOnlySpan<float> standardized, Span<float> logits);

    /// <summary>Takes rows a block at a time through standardisation and the head.</summary>
    internal void VisitBlocks(float[] point, ReadOnlySpan<int> rows, BlockVisitor visit)
    {
        int classCount = problem.ClassCount;
        int blockRowCount = Math.Max(4, BlockLength / _width / 4 * 4);
        float[] standardized = ArrayPool<float>.Shared.Rent(blockRowCount * _width);
        float[] logits = ArrayPool<float>.Shared.Rent(blockRowCount * classCount);
        for (int start = 0; start < rows.Length; start += blockRowCount)
        {
            ReadOnlySpan<int> blockRows = rows.Slice(start, Math.Min(blockRowCount, rows.Length - start));
            Span<float> blockLogits = logits.AsSpan(0, blockRows.Length * classCount);
            problem.Standardization.CopyRows(problem.Features, blockRows, _width, standardized);
            ReadOnlySpan<float> block = standardized.AsSpan(0, blockRows.Length * _width);
            BlockProducts.Multiply(block, point.AsSpan(0, classCount * _width), _width, blockLogits);
            for (int i = 0; i < blockRows.Length; i++)
            {
                Span<float> row = blockLogits.Slice(i * classCount, classCount);
                TensorPrimitives.Add(row, point.AsSpan(classCount * _width), row);
            }

            visit(blockRows, block, blockLogits);
        }

        ArrayPool<float>.Shared.Return(standardized);
        ArrayPool<float>.Shared.Return(logits);
    }
}

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
