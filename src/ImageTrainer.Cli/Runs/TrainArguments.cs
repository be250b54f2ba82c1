using ImageTrainer.Training;

namespace ImageTrainer.Cli.Runs;

/// <summary>What <c>imagetrainer train</c> was asked to do; written to args.json of the run.</summary>
internal sealed record TrainArguments
{
    public required string Dataset { get; init; }

    public string? Validation { get; init; }

    public string? Test { get; init; }

    public double TestFraction { get; init; }

    public required string Backbone { get; init; }

    public string? Output { get; init; }

    public string? RunDirectory { get; init; }

    public string? Splits { get; init; }

    public ClassWeights ClassWeights { get; init; }

    public int? ImageSize { get; init; }

    public required string Device { get; init; }

    public int Seed { get; init; }

    public double? MinAccuracy { get; init; }

    public bool NoCache { get; init; }

    public bool Json { get; init; }
}
