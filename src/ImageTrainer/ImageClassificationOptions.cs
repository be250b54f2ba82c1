using System.ComponentModel.DataAnnotations;
using ImageTrainer.Backbones;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Training;

/// <summary>How an image classifier is trained.</summary>
public record ImageClassificationOptions
{
    /// <summary>
    /// The pretrained network: "auto" (default: the best that can be had), a name ("resnet50"), or the path of a weight file.
    /// </summary>
    [Required]
    public string Backbone { get; init; } = BackboneStore.Auto;

    /// <summary>
    /// Side of the network's square input in pixels, as many as any network takes: 32 to 4096; null (default) for the backbone's own.
    /// </summary>
    [Range(Backbones.Backbone.MinImageSize, Backbones.Backbone.MaxImageSize)]
    [Display(Description = "Side of the network's input in pixels.", Prompt = "the backbone's own")]
    public int? ImageSize { get; init; }

    /// <summary>Whether rare classes count more; default <see cref="ClassWeights.None"/>.</summary>
    [EnumDataType(typeof(ClassWeights))]
    [Display(Description = "How much images count: with balanced, rare classes count as much as frequent ones.")]
    public ClassWeights ClassWeights { get; init; } = ClassWeights.None;

    /// <summary>Seed of every random draw; default 1. The same data, options, seed and machine give the same bytes.</summary>
    [Display(Description = "Seed of every random choice: the same seed gives the same split and the same model.")]
    public int Seed { get; init; } = 1;

    /// <summary>
    /// The arithmetic of the network; default <see cref="NetworkPrecision.Auto"/>: int8 on the CPU where a check on training images finds
    /// it as accurate as fp32.
    /// </summary>
    [EnumDataType(typeof(NetworkPrecision))]
    [Display(Description = "Arithmetic of the network. auto: int8 on the CPU where it is found as accurate as fp32.")]
    public NetworkPrecision Precision { get; init; } = NetworkPrecision.Auto;

    /// <summary>Where the network runs: "auto" (default), "cpu", "cuda" or "cuda:N".</summary>
    [DeviceName]
    public string Device { get; init; } = "auto";

    /// <summary>Threads that decode and compute, 1 or more; default: the number of processors. It never changes the result.</summary>
    [Range(1, 1024)]
    public int ThreadCount { get; init; } = Environment.ProcessorCount;

    /// <summary>How the network's last stages are trained together with the head; null (default) to leave the network as it is.</summary>
    public FineTuningOptions? FineTuning { get; init; }

    /// <summary>Where features are kept between runs; null to keep none. Default: the user's cache folder.</summary>
    public FeatureCacheOptions? FeatureCache { get; init; } = new()
    {
        Folder = Path.Combine(BackboneStoreOptions.FromEnvironment().CacheFolder, "features"),
    };

    /// <summary>Where weights are looked for and kept. Default: what the environment names.</summary>
    [Required]
    public BackboneStoreOptions BackboneSources { get; init; } = BackboneStoreOptions.FromEnvironment();

    /// <summary>Checks every option, and those within.</summary>
    /// <exception cref="ArgumentException">One or more are out of range; the message names each.</exception>
    internal void Validate()
    {
        string[] faults =
        [
            .. FaultsOf(this),
            .. Within(nameof(FineTuning), [.. FaultsOf(FineTuning), .. FineTuning?.Contradictions() ?? []]),
            .. Within(nameof(FeatureCache), FaultsOf(FeatureCache)),
            .. Within(nameof(BackboneSources), BackboneSources?.Faults() ?? []),
        ];
        if (faults.Length > 0) throw new ArgumentException(string.Join(' ', faults));
    }

    private static IEnumerable<string> FaultsOf(object? options)
    {
        if (options is null) return [];
        var faults = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true);
        return faults.Select(fault => fault.ErrorMessage!);
    }

    private static IEnumerable<string> Within(string name, IEnumerable<string> faults) => faults.Select(fault => $"{name}: {fault}");
}
