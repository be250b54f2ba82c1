using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;

namespace ImageTrainer.Tests.Graphs.Gradients;

/// <summary>
/// A network and its loss, in double precision, written as the definitions read and as slow. Tensors are [N, C, H, W] or [N, D].
/// </summary>
internal sealed class SlowNetwork(Graph network, int batchSize, bool usesBatchStatistics, double smoothing)
{
    private readonly Dictionary<string, double[]> _values = new(StringComparer.Ordinal);

    /// <summary>How near the last run came to a place where the loss has no derivative: a ReLU's 0, or two equal values under a window.</summary>
    public double Margin { get; private set; }

    /// <summary>Sets an input, a parameter or a mask.</summary>
    public void Set(string name, double[] value) => _values[name] = value;

    public double[] Get(string name) => _values[name];

    /// <summary>The loss for soft targets [N, K].</summary>
    public double Loss(double[] targets)
    {
        Margin = double.PositiveInfinity;
        foreach (GraphNode node in network.Nodes) _values[node.Outputs[0]] = Apply(node);
        double[] logits = _values[network.Outputs.Single().Name];
        return CrossEntropy(logits, targets, logits.Length / batchSize);
    }

    private double[] Apply(GraphNode node)
    {
        double[] x = _values[node.Inputs[0]];
        return node.Operator switch
        {
            "Conv" => Convolve(node, x),
            "Relu" => [.. x.Select(Relu)],
            "Add" => [.. x.Zip(_values[node.Inputs[1]], (a, b) => a + b)],
            "MaxPool" => MaxPool(node, x),
            "GlobalAveragePool" => Means(x, SizeOf(node.Inputs[0]).PlaneLength),
            "Flatten" => x,
            "Dropout" => [.. x.Zip(_values[DropoutGradient.MaskName(node.Name)], (a, b) => a * b)],
            "Gemm" => Gemm(x, _values[node.Inputs[1]], _values[node.Inputs[2]]),
            "BatchNormalization" => Normalize(node, x),
            _ => throw new NotSupportedException(node.Operator),
        };
    }

    private double CrossEntropy(double[] logits, double[] targets, int classCount)
    {
        double sum = 0;
        for (int n = 0; n < batchSize; n++)
        {
            double[] row = logits[(n * classCount)..((n + 1) * classCount)], t = targets[(n * classCount)..((n + 1) * classCount)];
            double logSum = row.Max() + Math.Log(row.Sum(z => Math.Exp(z - row.Max())));
            for (int k = 0; k < classCount; k++)
                sum -= (((1 - smoothing) * t[k]) + (smoothing / classCount * t.Sum())) * (row[k] - logSum);
        }

        return sum / targets.Sum();
    }

    private double Relu(double x)
    {
        Margin = Math.Min(Margin, Math.Abs(x));
        return Math.Max(x, 0);
    }

    private double[] Convolve(GraphNode node, double[] x)
    {
        (ImageSize from, ImageSize to, SlidingWindow window) = (SizeOf(node.Inputs[0]), SizeOf(node.Outputs[0]), SlidingWindow.Of(node));
        (double[] kernel, double[] bias) = (_values[node.Inputs[1]], _values[node.Inputs[2]]);
        double[] y = new double[batchSize * to.Channels * to.PlaneLength];
        for (int i = 0; i < y.Length; i++)
        {
            (int n, int m, int row, int column) = Place(i, to);
            y[i] = bias[m];
            for (int c = 0; c < from.Channels; c++)
                foreach ((int tap, int at) in Under(window, from, row, column))
                    y[i] += kernel[(((m * from.Channels) + c) * window.Size * window.Size) + tap] * x[(((n * from.Channels) + c) * from.PlaneLength) + at];
        }

        return y;
    }

    private double[] MaxPool(GraphNode node, double[] x)
    {
        (ImageSize from, ImageSize to, SlidingWindow window) = (SizeOf(node.Inputs[0]), SizeOf(node.Outputs[0]), SlidingWindow.Of(node));
        double[] y = new double[batchSize * to.Channels * to.PlaneLength];
        for (int i = 0; i < y.Length; i++)
        {
            (int n, int c, int row, int column) = Place(i, to);
            double[] seen = [.. Under(window, from, row, column).Select(place => x[(((n * from.Channels) + c) * from.PlaneLength) + place.At]).OrderDescending()];
            if (seen.Length > 1) Margin = Math.Min(Margin, seen[0] - seen[1]);
            y[i] = seen[0];
        }

        return y;
    }

    private double[] Normalize(GraphNode node, double[] x)
    {
        ImageSize size = SizeOf(node.Inputs[0]);
        double[] gamma = _values[node.Inputs[1]], beta = _values[node.Inputs[2]];
        double[] y = new double[x.Length];
        for (int c = 0; c < size.Channels; c++)
        {
            int[] own = [.. Enumerable.Range(0, x.Length).Where(i => i / size.PlaneLength % size.Channels == c)];
            double mean = usesBatchStatistics ? own.Average(i => x[i]) : _values[node.Inputs[3]][c];
            double variance = usesBatchStatistics ? own.Average(i => (x[i] - mean) * (x[i] - mean)) : _values[node.Inputs[4]][c];
            foreach (int i in own) y[i] = (gamma[c] * (x[i] - mean) / Math.Sqrt(variance + node.Attribute("epsilon")!.F)) + beta[c];
        }

        return y;
    }

    private double[] Gemm(double[] x, double[] weights, double[] bias)
    {
        int width = x.Length / batchSize;
        return [.. from n in Enumerable.Range(0, batchSize)
                   from k in Enumerable.Range(0, bias.Length)
                   select bias[k] + Enumerable.Range(0, width).Sum(d => x[(n * width) + d] * weights[(k * width) + d])];
    }

    private static double[] Means(double[] x, int length) => [.. x.Chunk(length).Select(plane => plane.Average())];

    private static IEnumerable<(int Tap, int At)> Under(SlidingWindow window, ImageSize from, int row, int column)
    {
        for (int tap = 0; tap < window.Size * window.Size; tap++)
        {
            int y = (row * window.Stride) + (tap / window.Size) - window.Padding, x = (column * window.Stride) + (tap % window.Size) - window.Padding;
            if (y >= 0 && y < from.Height && x >= 0 && x < from.Width) yield return (tap, (y * from.Width) + x);
        }
    }

    private static (int N, int C, int Row, int Column) Place(int index, ImageSize size) => (
        index / size.PlaneLength / size.Channels, index / size.PlaneLength % size.Channels,
        index % size.PlaneLength / size.Width, index % size.Width);

    private ImageSize SizeOf(string name) => ImageSize.Of(network.Tensors[name]);
}
