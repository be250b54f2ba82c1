using System.ComponentModel.DataAnnotations;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Training.FineTuning;

/// <summary>How a step follows the gradient.</summary>
public enum Optimizer
{
    /// <summary>Stochastic gradient descent with Nesterov's momentum of 0.9.</summary>
    Sgd,

    /// <summary>Adam with decoupled weight decay, its steps measured by the size of the weights.</summary>
    AdamW,
}

/// <summary>What BatchNorm does while a network is trained.</summary>
public enum BatchNormMode
{
    /// <summary>It stays as it is, folded into the convolutions: for networks whose training images were much like these.</summary>
    Frozen,

    /// <summary>
    /// It is trained: batches are normalised by their own means and deviations, of which running averages serve afterwards ("Batch
    /// Normalization", Ioffe and Szegedy, 2015, section 3.1). For images unlike those the network has learnt from.
    /// </summary>
    Train,
}

/// <summary>
/// How a network's last stages are trained. docs/residual-learning.md explains it, docs/adr/0021-what-fine-tuning-brings.md has what was
/// measured.
/// </summary>
public sealed record FineTuningOptions
{
    /// <summary>What is trained; default the last stage.</summary>
    [EnumDataType(typeof(FineTuneStages))]
    [Display(Description = "Stages of the network to train together with the head: stage4 is the last one, stage3 the last two.")]
    public FineTuneStages Stages { get; init; } = FineTuneStages.Stage4;

    /// <summary>What BatchNorm does in the trained stages; default <see cref="BatchNormMode.Frozen"/>.</summary>
    [EnumDataType(typeof(BatchNormMode))]
    [Display(Description = "Whether BatchNorm layers stay as they are or are trained too; train suits pictures unlike ordinary photos.")]
    public BatchNormMode BatchNorm { get; init; }

    /// <summary>Passes over the training images at most, 1 to 10,000; default 10.</summary>
    [Range(1, 10_000)]
    [Display(Description = "Passes over the training images at most.")]
    public int EpochCount { get; init; } = 10;

    /// <summary>How far pictures are changed every epoch; default not at all, which lets activations be kept and used again.</summary>
    [EnumDataType(typeof(AugmentationPreset))]
    [Display(Description = "How strongly pictures are changed at random in every epoch.")]
    public AugmentationPreset Augmentation { get; init; } = AugmentationPreset.None;

    /// <summary>Share of the images that are blended with another ("mixup"), 0 to 0.99; default 0.</summary>
    [NumberRange(0, 0.99)]
    [Display(Description = "Share of the images that are blended with another.")]
    public double Mixup { get; init; }

    /// <summary>Images of a step, 1 or more; null (default) for what memory holds, 16 at most. Never more than there are images.</summary>
    [Range(1, 4096)]
    [Display(Description = "Images in one training step.", Prompt = "what memory holds, 16 at most")]
    public int? BatchSize { get; init; }

    /// <summary>How steps follow gradients; default <see cref="Optimizer.AdamW"/>.</summary>
    [EnumDataType(typeof(Optimizer))]
    [Display(Description = "The rule by which weights follow gradients.")]
    public Optimizer Optimizer { get; init; } = Optimizer.AdamW;

    /// <summary>
    /// Greatest learning rate of the last stage, above 0; null (default) for the optimiser's own: 0.005 with AdamW, 0.001 with SGD. With
    /// AdamW it is a share of the weights' size (the root mean square of each output channel before training), and so means the same to
    /// every network.
    /// </summary>
    [NumberRange(0, double.MaxValue, MinimumIsExclusive = true)]
    [Display(
        Description = "Greatest learning rate of the last stage; with adamw a share of the weights' size.",
        Prompt = "0.005, with sgd 0.001")]
    public double? LearningRate { get; init; }

    /// <summary>
    /// The head's rate over the last stage's, above 0 to 1; null (default) for the optimiser's own. The head is fitted already, and the
    /// steps of Adam are as long for weights that have nothing to gain.
    /// </summary>
    [NumberRange(0, 1, MinimumIsExclusive = true)]
    [Display(Description = "Learning rate of the head over that of the last stage.", Prompt = "0.3, with sgd 1")]
    public double? HeadRateFactor { get; init; }

    /// <summary>The rate of each earlier stage over that of the next, above 0 to 1; default 0.5.</summary>
    [NumberRange(0, 1, MinimumIsExclusive = true)]
    [Display(Description = "Learning rate of each earlier stage over that of the next.")]
    public double StageRateFactor { get; init; } = 0.5;

    /// <summary>
    /// Where the weights that are validated and kept lie on the way from the starting ones, 0, to the trained ones, 1; above 0 to 1; null
    /// (default) for 0.5, and for 1 where BatchNorm is trained. Weights in between are often right about more new images than either end
    /// ("Robust fine-tuning of zero-shot models", Wortsman et al., 2022). Training itself goes on from the trained ones.
    /// </summary>
    [NumberRange(0, 1, MinimumIsExclusive = true)]
    [Display(
        Description = "Where the kept weights lie between the starting weights (0) and the trained ones (1).",
        Prompt = "0.5, with --batch-norm train 1")]
    public double? Interpolation { get; init; }

    /// <summary>Decoupled L2: share of a weight that a step takes away, over the learning rate, 0 to 1,000; default 0.0005.</summary>
    [NumberRange(0, 1000)]
    [Display(Description = "Decoupled L2 on the weights.")]
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>L1 penalty on the head's weights, 0 to 1,000; default 0.</summary>
    [NumberRange(0, 1000)]
    [Display(Description = "L1 penalty on the head.")]
    public double L1 { get; init; }

    /// <summary>Share of the features that a step leaves out, 0 to 0.99; default 0.</summary>
    [NumberRange(0, 0.99)]
    [Display(Description = "Share of the features that each training step leaves out.")]
    public double Dropout { get; init; }

    /// <summary>Share of each target that is spread over all classes, 0 to 0.99; default 0.1.</summary>
    [NumberRange(0, 0.99)]
    [Display(Description = "Share of each target spread over all classes.")]
    public double LabelSmoothing { get; init; } = 0.1;

    /// <summary>Largest joint norm of the gradients, above 0; null for any; default 1.</summary>
    [NumberRange(0, double.MaxValue, MinimumIsExclusive = true)]
    [Display(Description = "Largest joint norm of the gradients.")]
    public double? ClipNorm { get; init; } = 1;

    /// <summary>Epochs without a better validation loss after which training stops, 1 or more; default 8.</summary>
    [Range(1, 10_000)]
    [Display(Description = "Epochs without a better validation loss after which training stops.")]
    public int Patience { get; init; } = 8;

    /// <summary>
    /// Share of the training images that is held out to validate on where no validation set is given, 0.01 to 0.9; default 0.2.
    /// </summary>
    [NumberRange(0.01, 0.9)]
    [Display(Description = "Share of the training images that epochs are compared on where no others are given.")]
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>
    /// Time that the whole training may take, 0 or more, or null (default) for any; training ends after the step in which it is used up.
    /// </summary>
    [Display(
        Description = "Time that training may take: 90s, 10m, 2h. What is trained by then is kept, and can be resumed.",
        Prompt = "any")]
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>
    /// Folder to keep a checkpoint of every epoch in, made when missing, or null (default) to keep none. The files in it are
    /// checkpoint.safetensors and, of the training on all images, checkpoint-all.safetensors; others are left alone.
    /// </summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>
    /// Whether to go on from the checkpoint in <see cref="CheckpointFolder"/>, which must be named then, where there is one of the same
    /// training; default false.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>The clock of rates and of the time budget; default the system's.</summary>
    [Required]
    [System.Text.Json.Serialization.JsonIgnore]
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>What is wrong with the options beyond the range of each.</summary>
    internal IEnumerable<string> Contradictions()
    {
        if (TimeBudget < TimeSpan.Zero) yield return $"The field {nameof(TimeBudget)} must not be negative.";
        if (CheckpointFolder is { } folder && string.IsNullOrWhiteSpace(folder))
            yield return $"The field {nameof(CheckpointFolder)} must not be blank.";
        if (Resume && CheckpointFolder is null)
            yield return $"The field {nameof(Resume)} needs a {nameof(CheckpointFolder)} to go on from.";
    }

    /// <summary>The learning rate in use.</summary>
    internal double EffectiveLearningRate => LearningRate ?? (Optimizer == Optimizer.Sgd ? 0.001 : 0.005);

    /// <summary>The head's rate over the last stage's, in use.</summary>
    internal double EffectiveHeadRateFactor => HeadRateFactor ?? (Optimizer == Optimizer.Sgd ? 1 : 0.3);

    /// <summary>The interpolation in use.</summary>
    internal double EffectiveInterpolation => Interpolation ?? (BatchNorm == BatchNormMode.Train ? 1 : 0.5);
}

/// <summary>Which stages of a residual network are trained together with the head.</summary>
public enum FineTuneStages
{
    /// <summary>The last stage: a third of the arithmetic, most of the parameters, and the place to start.</summary>
    Stage4,

    /// <summary>The last two stages.</summary>
    Stage3,

    /// <summary>Every convolution.</summary>
    All,
}
