using ImageTrainer.Graphs.Gradients.Updates;

namespace ImageTrainer.Graphs.Gradients;

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
    /// Scales s, [M], of a kernel's output channels, given its name: the kernel is W = s U, with a fixed scale that was folded into it, and U
    /// is what is trained. Null (default) where the kernel itself is.
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
