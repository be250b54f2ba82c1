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
