using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Imaging;

namespace ImageTrainer.Models;

/// <summary>What a model.zip says of itself, in the metadata of its network, under <see cref="ModelArchive.ManifestKey"/>.</summary>
public sealed record ModelManifest
{
    /// <summary>The format version that this library writes; it reads this one. Version 1 had the manifest beside the network.</summary>
    public const int CurrentFormatVersion = 2;

    /// <summary>Version of the format.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>Version of the library that wrote the file.</summary>
    public required string LibraryVersion { get; init; }

    /// <summary>The K class labels, in the order of <c>Score</c>.</summary>
    public required IReadOnlyList<string> Labels { get; init => field = [.. value]; }

    /// <summary>How images become the network's input.</summary>
    public required ImagePreprocessing Preprocessing { get; init; }

    /// <summary>What the network computes.</summary>
    public required NetworkRecord Network { get; init; }

    /// <summary>The pretrained weights it was built from.</summary>
    public required BackboneRecord Backbone { get; init; }

    /// <summary>How it was trained.</summary>
    public required TrainingRecord Training { get; init; }

    /// <summary>How the network was quantized and how near it stays to fp32; null where it runs in fp32.</summary>
    public QuantizationRecord? Quantization { get; init; }

    /// <summary>How the network's last stages were trained; null where they are as they came.</summary>
    public FineTuningRecord? FineTuning { get; init; }

    /// <summary>Held-out metrics by name, as measured before saving; empty where nothing was held out.</summary>
    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Writes the manifest as JSON in UTF-8, as it lies in the model.zip.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ModelJson.Default.ModelManifest);

    /// <summary>Reads a manifest.</summary>
    /// <exception cref="JsonException">The text is no manifest.</exception>
    internal static ModelManifest FromJson(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, ModelJson.Default.ModelManifest) ?? throw new JsonException("The manifest is null.");
}

/// <summary>The network inside a model.zip.</summary>
/// <param name="FeatureCount">D, the width of <c>Features</c>.</param>
/// <param name="Precision">"fp32" or "int8".</param>
/// <param name="Temperature">What the logits are divided by before the softmax; Guo et al. 2017. More than 0.</param>
public sealed record NetworkRecord(int FeatureCount, string Precision, double Temperature);

/// <summary>The pretrained weights a model was built from.</summary>
/// <param name="Name">Name of the backbone: "resnet50".</param>
/// <param name="Architecture">Name of its network.</param>
/// <param name="Sha256">SHA-256 of the weight file, lower-case hex.</param>
/// <param name="License">Licence of the weights, in one line.</param>
/// <param name="Source">Who made the weights and from what, in one line.</param>
public sealed record BackboneRecord(string Name, string Architecture, string Sha256, string License, string Source);

/// <summary>How a model was trained: enough to train it again.</summary>
/// <param name="Seed">Seed of every random draw.</param>
/// <param name="ClassWeights">"none" or "balanced".</param>
/// <param name="L2">Strength of the head's L2 penalty, chosen by cross-validation.</param>
/// <param name="FoldCount">Number of folds it was chosen with; 0 where there were too few images.</param>
/// <param name="ImageCount">Number of images trained on.</param>
/// <param name="DatasetFingerprint">Hash of (relative path, content hash, label) of those images.</param>
public sealed record TrainingRecord(int Seed, string ClassWeights, double L2, int FoldCount, int ImageCount, string DatasetFingerprint);

/// <summary>How a network's last stages were trained together with the head.</summary>
/// <param name="Stages">"stage4", "stage3" (with stage4) or "all".</param>
/// <param name="Epoch">The epoch that was better on validation images than the frozen network, from 1.</param>
/// <param name="EpochCount">Epochs that the schedule was laid out for.</param>
/// <param name="Optimizer">"sgd" or "adamw".</param>
/// <param name="LearningRate">Greatest learning rate of the last stage.</param>
/// <param name="Augmentation">"none", "light" or "strong".</param>
/// <param name="Mixup">Share of the images that were blended with another.</param>
/// <param name="WeightDecay">Decoupled L2.</param>
/// <param name="L1">L1 penalty on the head.</param>
/// <param name="Dropout">Share of the features left out in a step.</param>
/// <param name="LabelSmoothing">Share of each target spread over all classes.</param>
/// <param name="ClipNorm">Largest joint norm of the gradients; null for any.</param>
/// <param name="ImageCount">Images that the steps to these weights were taken on; the validation images are among them where they were
/// held out of the training set.</param>
/// <param name="ValidationImageCount">Images that epochs were compared on.</param>
/// <param name="ValidationLoss">Log-loss of the epoch on those.</param>
/// <param name="FrozenValidationLoss">Log-loss of the network as it came, with its fitted head, on the same.</param>
/// <param name="BatchNorm">"frozen" or "train"; null in models from before there was a choice, where it was frozen.</param>
/// <param name="Interpolation">Where the weights lie between the starting ones, 0, and the trained ones, 1; null in models from before
/// there was a choice, where it was 1.</param>
public sealed record FineTuningRecord(
    string Stages,
    int Epoch,
    int EpochCount,
    string Optimizer,
    double LearningRate,
    string Augmentation,
    double Mixup,
    double WeightDecay,
    double L1,
    double Dropout,
    double LabelSmoothing,
    double? ClipNorm,
    int ImageCount,
    int ValidationImageCount,
    double ValidationLoss,
    double FrozenValidationLoss,
    string? BatchNorm = null,
    double? Interpolation = null);

/// <summary>How a network was turned into integers.</summary>
/// <param name="WeightBits">Bits of a weight: 8, or 7 where the training machine's processor is not exact with 8.</param>
/// <param name="CalibrationImageCount">Number of training images that the ranges of activations were taken from.</param>
/// <param name="Fp32Layers">Convolutions that stay in fp32, by name; mostly none.</param>
/// <param name="Parity">How it compares with fp32; null where there were too few images to tell.</param>
public sealed record QuantizationRecord(int WeightBits, int CalibrationImageCount, IReadOnlyList<string> Fp32Layers, ParityRecord? Parity);

/// <summary>
/// The int8 network held against the fp32 network on training images that neither calibration nor the comparing head has seen.
/// </summary>
/// <param name="ImageCount">Number of images compared.</param>
/// <param name="LabelAgreement">Share of them that both give the same label, 0 to 1.</param>
/// <param name="Int8Accuracy">Share that int8 labels rightly.</param>
/// <param name="Fp32Accuracy">Share that fp32 labels rightly.</param>
/// <param name="FeatureCosine">Mean cosine between the two networks' features of an image.</param>
public sealed record ParityRecord(int ImageCount, double LabelAgreement, double Int8Accuracy, double Fp32Accuracy, double FeatureCosine);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    NewLine = "\n",
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ModelJson : JsonSerializerContext;

/// <summary>What a manifest must satisfy before anything is built from it.</summary>
internal static class ManifestRules
{
    private const int LargestInput = 8192;

    /// <summary>Checks the fields that later code relies on.</summary>
    /// <exception cref="ModelFormatException">One of them cannot be; the message says which.</exception>
    public static void Check(ModelManifest manifest, string? path)
    {
        string? fault = manifest switch
        {
            { Labels.Count: < 2 } => "fewer than two labels",
            _ when manifest.Labels.Any(label => label is null) => "a label that is null",
            _ when manifest.Labels.Distinct(StringComparer.Ordinal).Count() != manifest.Labels.Count => "a label twice",
            { Preprocessing: { Width: < 1 or > LargestInput } or { Height: < 1 or > LargestInput } } => "an impossible input size",
            _ when !Enum.IsDefined(manifest.Preprocessing.ResizeMode) => "an unknown resize mode",
            { Network.Temperature: <= 0 or double.NaN or double.PositiveInfinity } => "an impossible temperature",
            { Network.FeatureCount: < 1 } => "an impossible feature count",
            _ => null,
        };
        if (fault is not null)
            throw new ModelFormatException(ModelFault.Damaged, path, $"its manifest has {fault}");
    }
}
