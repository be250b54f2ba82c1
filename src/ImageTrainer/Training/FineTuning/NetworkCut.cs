using System.Numerics.Tensors;
using ImageTrainer.Backbones;
using ImageTrainer.Graphs;
using ImageTrainer.Networks;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Training.FineTuning;

/// <summary>A residual network in two parts: one that stays as it is, and one that is trained together with a head.</summary>
internal sealed class NetworkCut
{
    /// <summary>Name of the frozen part's output: one row of activations an image.</summary>
    public const string ActivationsName = "Activations";

    /// <summary>Name of the Dropout node before the head.</summary>
    public const string DropoutName = "head.dropout";

    /// <summary>Name of the head, and the group of its parameters.</summary>
    public const string HeadGroup = "head";

    private NetworkCut(Graph frozen, Graph trained, int activationLength) => (Frozen, Trained, ActivationLength) = (frozen, trained, activationLength);

    /// <summary>Pixels [N, 3, H, W] to activations, [N, length].</summary>
    public Graph Frozen { get; }

    /// <summary>Activations [N, C, H, W] to logits [N, K], with Dropout before the head where it was asked for.</summary>
    public Graph Trained { get; }

    /// <summary>Floats of one image's activations.</summary>
    public int ActivationLength { get; }

    /// <summary>Cuts a backbone of the ResNet family below the stages that are trained.</summary>
    /// <param name="setting">The backbone, what of it is trained, and how.</param>
    /// <param name="head">The head that training starts from.</param>
    /// <exception cref="BackboneException">The backbone is another network, whose stages are not known.</exception>
    public static NetworkCut At(TuningSetting setting, LinearLayer head)
    {
        FineTuningOptions options = setting.Options;
        GraphTensor seam = FindSeam(setting.Backbone, options.Stages);
        Graph trained = setting.Backbone.Graph.Between([seam.Name], TensorNames.Features);
        var builder = new GraphBuilder(trained);
        GraphTensor features = builder.Tensor(TensorNames.Features);
        if (options.Dropout > 0) features = builder.Node(DropoutName).Dropout(features);
        builder.Output(head.AddTo(builder, HeadGroup, features));
        int activationLength = (int)new TensorShape(seam.Shape.Dimensions[1..]).ElementCount!.Value;
        GraphTensor reading = GraphQuantizer.ReadingOf(setting.Frozen.Graph, seam.Name);
        return new NetworkCut(Flat(setting.Frozen.Graph.Between([], reading.Name), reading), builder.Build(), activationLength);
    }

    /// <summary>The same cut with BatchNorms after the trained part's convolutions, which compute the same and can be trained.</summary>
    /// <param name="norms">The BatchNorms, by the name of the kernel before them.</param>
    public NetworkCut WithNorms(IReadOnlyDictionary<string, BatchNormalization> norms) => new(Frozen, NormUnfolding.Unfold(Trained, norms), ActivationLength);

    /// <summary>The group of a parameter: "head", "stage4", ..., "stem"; null for the zeros where BatchNorm's shift does what a bias would.</summary>
    public static string? GroupOf(string parameter) =>
        parameter.EndsWith($".{ResNet.NoBias}", StringComparison.Ordinal) ? null : parameter[..parameter.IndexOf('.', StringComparison.Ordinal)];

    /// <summary>How many groups lie between a group and the last stage: 0 for stage 4, 4 for the stem.</summary>
    public static int DepthOf(string group) => group switch
    {
        "stage4" => 0,
        "stage3" => 1,
        "stage2" => 2,
        "stage1" => 3,
        _ => 4,
    };

    /// <summary>The trained part for use: with the given weights and without Dropout.</summary>
    public Graph TrainedWith(IReadOnlyDictionary<string, float[]> weights) => Trained.WithValues(weights);

    /// <summary>The head among trained weights.</summary>
    public static LinearLayer HeadOf(IReadOnlyDictionary<string, float[]> weights) => new(weights[$"{HeadGroup}.weight"], weights[$"{HeadGroup}.bias"]);

    private static Graph Flat(Graph frozen, GraphTensor seam)
    {
        var builder = new GraphBuilder(frozen);
        builder.Output(builder.Node(ActivationsName).Flatten(builder.Tensor(seam.Name)));
        return builder.Build();
    }

    private static GraphTensor FindSeam(Backbone backbone, FineTuneStages stages)
    {
        string prefix = stages switch
        {
            FineTuneStages.Stage4 => "stage3.",
            FineTuneStages.Stage3 => "stage2.",
            _ => "normalize",
        };
        bool isResidual = backbone.Graph.Nodes.Any(node => node.Name.StartsWith("stage4.", StringComparison.Ordinal));
        GraphNode? last = backbone.Graph.Nodes.LastOrDefault(node => node.Name.StartsWith(prefix, StringComparison.Ordinal));
        return isResidual && last is not null
            ? backbone.Graph.Tensors[last.Outputs[0]]
            : throw new BackboneException(
                backbone.Descriptor.Name,
                $"The backbone '{backbone.Descriptor.Name}' cannot be fine-tuned: it is not a network of the ResNet family with known stages. "
                + "Take one that is (`backbone list` shows them), or train without fine-tuning.");
    }
}

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
