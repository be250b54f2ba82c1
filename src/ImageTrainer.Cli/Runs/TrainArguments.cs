using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Training;
using ImageTrainer.Training.Augmentation;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>What <c>imagetrainer train</c> was asked to do; written to args.json of the run. Null is what was not asked for.</summary>
internal sealed record TrainArguments
{
    /// <summary>Share of each class that is held out where nothing else says what is.</summary>
    public const double DefaultTestFraction = 0.2;

    public required string Dataset { get; init; }

    public string? Validation { get; init; }

    public string? Test { get; init; }

    public double? TestFraction { get; init; }

    public required string Backbone { get; init; }

    public string? Output { get; init; }

    public string? RunDirectory { get; init; }

    public string? Splits { get; init; }

    [JsonConverter(typeof(ClassWeightsConverter))]
    public ClassWeights ClassWeights { get; init; }

    public FineTuneArguments? FineTune { get; init; }

    public int? ImageSize { get; init; }

    public required string Device { get; init; }

    [JsonConverter(typeof(NetworkPrecisionConverter))]
    public NetworkPrecision Precision { get; init; }

    public int Seed { get; init; }

    public double? MinAccuracy { get; init; }

    public bool NoCache { get; init; }

    public bool Json { get; init; }

    /// <summary>Whether an earlier run of <see cref="RunDirectory"/> goes on.</summary>
    [JsonIgnore]
    public bool Resumes { get; init; }

    /// <summary>The same with paths that mean the same from every folder.</summary>
    public TrainArguments WithFullPaths() => this with
    {
        Dataset = Path.GetFullPath(Dataset),
        Validation = FullPath(Validation),
        Test = FullPath(Test),
        Backbone = File.Exists(Backbone) ? Path.GetFullPath(Backbone) : Backbone,
        Output = FullPath(Output),
        Splits = FullPath(Splits),
    };

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class ClassWeightsConverter() : JsonStringEnumConverter<ClassWeights>(JsonNamingPolicy.CamelCase);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class NetworkPrecisionConverter() : JsonStringEnumConverter<NetworkPrecision>(JsonNamingPolicy.CamelCase);
}

/// <summary>What <c>train --fine-tune</c> was asked to do; a part of args.json. Null is what was not asked for.</summary>
internal sealed record FineTuneArguments
{
    [JsonConverter(typeof(StagesConverter))]
    public FineTuneStages Stages { get; init; }

    [JsonConverter(typeof(AugmentationConverter))]
    public AugmentationPreset Augmentation { get; init; }

    [JsonConverter(typeof(BatchNormConverter))]
    public BatchNormMode BatchNorm { get; init; }

    [JsonConverter(typeof(OptimizerConverter))]
    public Optimizer Optimizer { get; init; }

    public int? EpochCount { get; init; }

    public int? BatchSize { get; init; }

    public double? LearningRate { get; init; }

    public double? Interpolation { get; init; }

    public double? WeightDecay { get; init; }

    public double? L1 { get; init; }

    public double? Dropout { get; init; }

    public double? LabelSmoothing { get; init; }

    public double? Mixup { get; init; }

    public double? ClipNorm { get; init; }

    public int? Patience { get; init; }

    public TimeSpan? TimeBudget { get; init; }

    /// <summary>The options of the library.</summary>
    /// <param name="checkpointFolder">Where checkpoints are kept.</param>
    /// <param name="resumes">Whether to go on from one.</param>
    public FineTuningOptions ToOptions(string checkpointFolder, bool resumes)
    {
        var defaults = new FineTuningOptions();
        return defaults with
        {
            Stages = Stages,
            Augmentation = Augmentation,
            BatchNorm = BatchNorm,
            Optimizer = Optimizer,
            EpochCount = EpochCount ?? defaults.EpochCount,
            BatchSize = BatchSize,
            LearningRate = LearningRate,
            Interpolation = Interpolation,
            WeightDecay = WeightDecay ?? defaults.WeightDecay,
            L1 = L1 ?? defaults.L1,
            Dropout = Dropout ?? defaults.Dropout,
            LabelSmoothing = LabelSmoothing ?? defaults.LabelSmoothing,
            Mixup = Mixup ?? defaults.Mixup,
            ClipNorm = ClipNorm ?? defaults.ClipNorm,
            Patience = Patience ?? defaults.Patience,
            TimeBudget = TimeBudget,
            CheckpointFolder = checkpointFolder,
            Resume = resumes,
        };
    }

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class StagesConverter() : JsonStringEnumConverter<FineTuneStages>(JsonNamingPolicy.CamelCase);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class AugmentationConverter() : JsonStringEnumConverter<AugmentationPreset>(JsonNamingPolicy.CamelCase);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class BatchNormConverter() : JsonStringEnumConverter<BatchNormMode>(JsonNamingPolicy.CamelCase);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class OptimizerConverter() : JsonStringEnumConverter<Optimizer>(JsonNamingPolicy.CamelCase);
}
