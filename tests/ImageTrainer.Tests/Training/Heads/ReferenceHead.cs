using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Training.Heads;

/// <summary>The head's objective in plain double arithmetic on an explicitly standardised matrix, minimised by accelerated gradient descent.</summary>
internal sealed class ReferenceHead
{
    private readonly double[][] _rows;
    private readonly int[] _labels;
    private readonly double[] _weights;
    private readonly int _classCount;
    private readonly double _l2;

    public ReferenceHead(FeatureMatrix features, int[] labels, int classCount, double l2, double[]? weights = null)
    {
        (_labels, _classCount, _l2) = (labels, classCount, l2);
        _weights = weights ?? [.. labels.Select(_ => 1.0)];
        _rows = [.. Enumerable.Range(0, features.RowCount).Select(row => features.Row(row).ToArray().Select(value => (double)value).ToArray())];
        Means = [.. Enumerable.Range(0, features.ColumnCount).Select(d => _rows.Average(row => row[d]))];
        Deviations = [.. Enumerable.Range(0, features.ColumnCount).Select(d => Math.Sqrt(_rows.Average(row => Math.Pow(row[d] - Means[d], 2))))];
        _rows = [.. _rows.Select(row => row.Select((value, d) => Deviations[d] == 0 ? 0 : (value - Means[d]) / Deviations[d]).ToArray())];
    }

    public double[] Means { get; }

    public double[] Deviations { get; }

    /// <summary>The value and gradient at W [K, D] on standardised features, followed by b [K].</summary>
    public (double Value, double[] Gradient) Evaluate(double[] point)
    {
        int width = Means.Length;
        double[] gradient = new double[point.Length];
        double total = _weights.Sum();
        double value = 0;
        for (int row = 0; row < _rows.Length; row++)
        {
            double[] logits = [.. Enumerable.Range(0, _classCount).Select(k =>
                point[(_classCount * width) + k] + Enumerable.Range(0, width).Sum(d => point[(k * width) + d] * _rows[row][d]))];
            double sum = logits.Sum(Math.Exp);
            value -= _weights[row] / total * (logits[_labels[row]] - Math.Log(sum));
            for (int k = 0; k < _classCount; k++)
            {
                double residual = _weights[row] / total * ((Math.Exp(logits[k]) / sum) - (k == _labels[row] ? 1 : 0));
                gradient[(_classCount * width) + k] += residual;
                for (int d = 0; d < width; d++)
                    gradient[(k * width) + d] += residual * _rows[row][d];
            }
        }

        for (int i = 0; i < _classCount * width; i++)
        {
            value += _l2 / 2 * point[i] * point[i];
            gradient[i] += _l2 * point[i];
        }

        return (value, gradient);
    }

    /// <summary>Nesterov's method with a fixed step below 1 / L: slow and sure.</summary>
    public double[] Minimize(int stepCount)
    {
        double step = 1 / ((0.5 * (Means.Length + 1)) + _l2);
        double[] point = new double[_classCount * (Means.Length + 1)];
        double[] ahead = (double[])point.Clone();
        for (int t = 0; t < stepCount; t++)
        {
            (_, double[] gradient) = Evaluate(ahead);
            double[] next = [.. ahead.Select((value, i) => value - (step * gradient[i]))];
            ahead = [.. next.Select((value, i) => value + (t / (t + 3.0) * (value - point[i])))];
            point = next;
        }

        return point;
    }
}
