using System.Numerics.Tensors;
using ImageTrainer.Graphs;
using ImageTrainer.Networks;

namespace ImageTrainer.Training.FineTuning;

/// <summary>
/// Finds BatchNorms that leave a network as it is, both with running averages and with those of batches: after a convolution s U x + b of
/// outputs with mean m and deviation d, the BatchNorm's mean is (m - b) / s, its shift m, and its scale d. With those of the file a batch of other
/// images than the network has learnt from would be normalised to something else than the head was fitted on: the built-in network's loss on
/// pictures of metal was 46 in the place of 0.8, and training began with the repair.
/// </summary>
internal static class NormMeasurement
{
    private const int MostImageCount = 256;
    private const int BatchSize = 16;

    // Below it a channel's folded kernel is zero: there is nothing to divide, and a scale of 0 leaves the channel its constant.
    private const float LeastScale = 1e-12f;

    /// <summary>Runs images through the trained part.</summary>
    /// <param name="cut">The network, its BatchNorms folded in.</param>
    /// <param name="source">The images, as the first epoch will see them.</param>
    /// <param name="imageCount">How many there are.</param>
    /// <param name="setting">Where it runs, and the scales that were folded into the kernels; 1 where there were none.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <returns>A BatchNorm for each convolution, by the kernel's name.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="Imaging.ImageDecodeException">None of the images can be read any more.</exception>
    public static Dictionary<string, BatchNormalization> Measure(
        NetworkCut cut, ActivationSource source, int imageCount, TuningSetting setting, CancellationToken cancellationToken)
    {
        GraphNode[] layers = [.. cut.Trained.Nodes.Where(node => node.Operator == "Conv")];
        using var part = new TrainedPart(WithMoments(cut.Trained, layers), setting);
        float[] activations = new float[BatchSize * source.ActivationLength];
        double[][] sums = [];
        int[] drawn = DrawEvenly(imageCount);
        int readCount = 0;
        foreach (int[] rows in drawn.Chunk(BatchSize))
        {
            bool[] isLoaded = source.Load(1, rows, activations, cancellationToken);
            readCount += isLoaded.Count(isRead => isRead);
            float[][] moments = part.Run(activations, rows.Length);
            if (sums.Length == 0) sums = [.. moments.Select(moment => new double[moment.Length / rows.Length])];
            foreach ((double[] sum, float[] moment) in sums.Zip(moments))
            {
                for (int i = 0; i < moment.Length; i++)
                {
                    if (isLoaded[i / sum.Length]) sum[i % sum.Length] += moment[i];
                }
            }
        }

        if (readCount == 0) throw source.NothingReadable();
        foreach (double[] sum in sums) TensorPrimitives.Divide(sum, readCount, sum);
        var initializers = cut.Trained.Initializers.ToDictionary(initializer => initializer.Name, StringComparer.Ordinal);
        return layers.Index().ToDictionary(layer => layer.Item.Inputs[1], layer => NormOf(
            setting.Backbone.KernelScales.GetValueOrDefault(layer.Item.Inputs[1]),
            initializers[layer.Item.Inputs[2]].Floats,
            (sums[2 * layer.Index], sums[(2 * layer.Index) + 1])));
    }

    // Images of a class may lie side by side.
    private static int[] DrawEvenly(int imageCount)
    {
        int count = Math.Min(imageCount, MostImageCount);
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * imageCount / count))];
    }

    // Means over space of what each convolution adds to its bias, and of its square: [N, C, 1, 1].
    private static Graph WithMoments(Graph trained, GraphNode[] layers)
    {
        var builder = new GraphBuilder(trained);
        var initializers = trained.Initializers.ToDictionary(initializer => initializer.Name, StringComparer.Ordinal);
        foreach (GraphNode layer in layers)
        {
            ReadOnlySpan<float> bias = initializers[layer.Inputs[2]].Floats;
            GraphTensor offset = builder.Constant($"{layer.Name}.offset", new TensorShape(1, bias.Length, 1, 1), bias);
            GraphTensor rest = builder.Node($"{layer.Name}.rest").Sub(builder.Tensor(layer.Outputs[0]), offset);
            builder.Output(builder.Node($"{layer.Name}.mean").GlobalAveragePool(rest));
            builder.Output(builder.Node($"{layer.Name}.power").GlobalAveragePool(builder.Node($"{layer.Name}.square").Mul(rest, rest)));
        }

        return builder.Build();
    }

    private static BatchNormalization NormOf(float[]? scales, ReadOnlySpan<float> bias, (double[] Mean, double[] Power) moments)
    {
        int count = bias.Length;
        (float[] gamma, float[] beta, float[] mean, float[] variance) = (new float[count], new float[count], new float[count], new float[count]);
        for (int channel = 0; channel < count; channel++)
        {
            double scale = scales?[channel] ?? 1;
            beta[channel] = (float)(bias[channel] + moments.Mean[channel]);
            if (Math.Abs(scale) < LeastScale) continue;
            mean[channel] = (float)(moments.Mean[channel] / scale);
            double spread = Math.Max(0, moments.Power[channel] - (moments.Mean[channel] * moments.Mean[channel]));
            variance[channel] = (float)(spread / (scale * scale));
            gamma[channel] = (float)(scale * Math.Sqrt(variance[channel] + BatchNormalization.StandardEpsilon));
        }

        return new BatchNormalization(gamma, beta, mean, variance);
    }
}
