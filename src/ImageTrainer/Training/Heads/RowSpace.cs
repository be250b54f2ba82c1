using System.Buffers;
using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// A head as a mixture of the training rows, W = A X, which the optimum of an L2-regularised loss always is (the representer theorem:
/// Kimeldorf and Wahba 1971). With G = X X^T computed once, N images of D features cost N / D / 2 of what they cost in feature space.
/// </summary>
/// <remarks>
/// Points are A [K, padded N], then its logits A G [K, padded N], then K biases. Carrying A G along makes the inner product of
/// weights, trace(V W^T) = trace(A_v G A_w^T), cheap, so the search takes the very steps it would take in feature space. Held-out rows are
/// those whose column of A stays zero, and A G has their logits all the same.
/// </remarks>
internal sealed class RowSpace : HeadSpace
{
    private const int BlockRowCount = 64;

    private readonly HeadProblem _problem;

    /// <summary>Computes the products of all pairs of standardised rows.</summary>
    public RowSpace(HeadProblem problem)
    {
        _problem = problem;
        Width = BlockProducts.PaddedWidth(problem.Features.RowCount);
        Products = ProductsOfRows(problem, Width);
    }

    /// <summary>Padded N.</summary>
    public int Width { get; }

    /// <summary>G [N, padded N].</summary>
    public float[] Products { get; }

    /// <inheritdoc/>
    public override HeadObjective Objective(int[] rows) => new RowSpaceObjective(_problem, rows, this);

    /// <inheritdoc/>
    public override void Score(float[] point, int[] rows, float[] logits)
    {
        int classCount = _problem.ClassCount;
        int mixtureLength = classCount * Width;
        foreach (int row in rows)
        {
            for (int k = 0; k < classCount; k++)
                logits[(row * classCount) + k] = point[mixtureLength + (k * Width) + row] + point[(2 * mixtureLength) + k];
        }
    }

    /// <inheritdoc/>
    public override float[] StandardizedWeights(float[] point)
    {
        int classCount = _problem.ClassCount;
        int width = BlockProducts.PaddedWidth(_problem.Features.ColumnCount);
        float[] weights = new float[classCount * width];
        float[] block = new float[BlockRowCount * width];
        float[] mixture = new float[BlockRowCount * classCount];
        for (int start = 0; start < _problem.Features.RowCount; start += BlockRowCount)
        {
            int[] rows = Rows(_problem, start);
            _problem.Standardization.CopyRows(_problem.Features, rows, width, block);
            for (int i = 0; i < rows.Length * classCount; i++)
                mixture[i] = point[(i % classCount * Width) + start + (i / classCount)];
            BlockProducts.AddTransposedProduct(mixture, block.AsSpan(0, rows.Length * width), width, weights);
        }

        return weights;
    }

    private static int[] Rows(HeadProblem problem, int start) =>
        [.. Enumerable.Range(start, Math.Min(BlockRowCount, problem.Features.RowCount - start))];

    private static float[] ProductsOfRows(HeadProblem problem, int width)
    {
        int rowCount = problem.Features.RowCount;
        int blockCount = (rowCount + BlockRowCount - 1) / BlockRowCount;
        float[] products = new float[rowCount * width];
        Parallel.For(0, blockCount * (blockCount + 1) / 2, problem.Parallel, pair =>
        {
            int last = (int)((Math.Sqrt((8.0 * pair) + 1) - 1) / 2);
            int first = pair - (last * (last + 1) / 2);
            MultiplyBlocks(problem, first * BlockRowCount, last * BlockRowCount, width, products);
        });
        return products;
    }

    /// <summary>Fills the products of two blocks of rows, on both sides of the diagonal.</summary>
    private static void MultiplyBlocks(HeadProblem problem, int first, int second, int width, float[] products)
    {
        int[] left = Rows(problem, first);
        int[] right = Rows(problem, second);
        int featureWidth = BlockProducts.PaddedWidth(problem.Features.ColumnCount);
        float[] blocks = ArrayPool<float>.Shared.Rent(2 * BlockRowCount * featureWidth);
        Span<float> leftRows = blocks.AsSpan(0, left.Length * featureWidth);
        Span<float> rightRows = blocks.AsSpan(leftRows.Length, right.Length * featureWidth);
        problem.Standardization.CopyRows(problem.Features, left, featureWidth, leftRows);
        problem.Standardization.CopyRows(problem.Features, right, featureWidth, rightRows);
        float[] tile = new float[left.Length * right.Length];
        BlockProducts.Multiply(leftRows, rightRows, featureWidth, tile);
        ArrayPool<float>.Shared.Return(blocks);
        for (int i = 0; i < tile.Length; i++)
        {
            (int row, int column) = (left[i / right.Length], right[i % right.Length]);
            products[(row * width) + column] = tile[i];
            products[(column * width) + row] = tile[i];
        }
    }
}

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
