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
}

/// <summary>What one step of training does.</summary>
internal sealed record TrainingGraphOptions
{
    /// <summary>N, the images of a step, 1 or more.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Whether sums are written for a GPU; default for the CPU.</summary>
    public bool ForCuda { get; init; }

    /// <summary>
    /// The group of a parameter, given its name: parameters of a group share a learning rate. Null for those that stay as they are.
    /// </summary>
    public required Func<string, string?> GroupOf { get; init; }

    /// <summary>
    /// Scales s, [M], of a kernel's output channels, given its name: the kernel is W = s U, with a fixed scale that was folded into it,
    /// and U is what is trained. Null (default) where the kernel itself is.
    /// </summary>
    public Func<string, float[]?> ScalesOf { get; init; } = _ => null;

    /// <summary>How weights follow their gradients; default Nesterov's momentum of 0.9.</summary>
    public UpdateRule Update { get; init; } = new NesterovUpdate();

    /// <summary>Share of each target that is spread over all classes, 0 to 1; default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Decoupled decay of kernels and matrices, not of biases and BatchNorm; default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>L1 penalty on the matrices of <see cref="L1Group"/>; default 0.</summary>
    public double L1 { get; init; }

    /// <summary>The group that the L1 penalty is on; default "head".</summary>
    public string L1Group { get; init; } = "head";

    /// <summary>Largest joint norm of the gradients, above 0; null (default) for any.</summary>
    public double? ClipNorm { get; init; }

    /// <summary>Whether BatchNorm normalises by the batch and keeps running averages; default false: it is a fixed affine map.</summary>
    public bool UsesBatchStatistics { get; init; }
}
