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
