using ImageTrainer.Graphs.Gradients.Formulations;
using ImageTrainer.Graphs.Gradients.Updates;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>A tensor that each step takes and gives anew: a parameter, its optimiser state, a running average.</summary>
/// <param name="Name">Name of the graph's input.</param>
/// <param name="Shape">Sizes; kernels are matrices [M, C k k].</param>
/// <param name="Initial">The value before the first step, row-major; empty for zeros.</param>
internal sealed record StateTensor(string Name, long[] Shape, ReadOnlyMemory<float> Initial)
{
    /// <summary>Name of the graph's output that holds the new value.</summary>
    public string NextName => $"{Name}.next";

    /// <summary>Number of elements.</summary>
    public int Length => (int)Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>One step of training, forward, backward and update, as an ordinary graph.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="State">What goes round from step to step.</param>
/// <param name="Images">The network's input, [N, C, H, W].</param>
/// <param name="Targets">Soft targets, [N, K]; a row of zeros is an image that does not count.</param>
/// <param name="Masks">Masks of Dropout nodes.</param>
/// <param name="Groups">Groups of parameters; each has a scalar input <see cref="RateName"/>.</param>
/// <param name="Update">How weights follow gradients; its scalars are inputs too.</param>
internal sealed record TrainingGraph(
    Graph Graph,
    IReadOnlyList<StateTensor> State,
    GraphTensor Images,
    GraphTensor Targets,
    IReadOnlyList<GraphTensor> Masks,
    IReadOnlyList<string> Groups,
    UpdateRule Update)
{
    /// <summary>Output: the loss of the batch before the update, a scalar.</summary>
    public const string LossName = "Loss";

    /// <summary>Output: the logits before the update, [N, K].</summary>
    public const string LogitsName = "Logits";

    /// <summary>Input: the targets.</summary>
    public const string TargetsName = "Targets";

    /// <summary>Name of the input that holds the learning rate of a group.</summary>
    public static string RateName(string group) => $"Rate.{group}";

    /// <summary>Derives the training step of a network.</summary>
    /// <param name="network">One input [N, C, H, W] of sizes fixed but for N, one output: logits [N, K].</param>
    /// <param name="options">What the step does.</param>
    /// <exception cref="GraphException">An operator has no gradient.</exception>
    public static TrainingGraph Derive(Graph network, TrainingGraphOptions options) => new TrainingGraphBuilder(network, options).Build();

    /// <summary>How sums are written for a device.</summary>
    public static Formulation FormulationFor(bool cuda, int batchSize) =>
        cuda ? new BatchMajorFormulation(batchSize) : new ChannelMajorFormulation(batchSize);
}
