using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Training;

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
