using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Training.Heads;

/// <summary>How a head is fitted.</summary>
internal sealed record HeadFitOptions
{
    /// <summary>A middle strength, seldom far off.</summary>
    private const double FallbackL2 = 0.1;

    /// <summary>The strengths tried by default: half decades around those that win on photos (docs/adr/0004-head-regularisation.md).</summary>
    public static IReadOnlyList<double> DefaultL2Candidates { get; } = [10, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001];

    /// <summary>How much an image of each class counts, in fitting and in cross-validation alike; default <see cref="ClassWeights.None"/>.</summary>
    public ClassWeights ClassWeights { get; init; } = ClassWeights.None;

    /// <summary>
    /// L2 strengths to choose among, each above 0, in any order; default <see cref="DefaultL2Candidates"/>. The unit is that of
    /// the mean cross-entropy: the objective is mean + l2 / 2 * ||W||^2, with W on standardised features and biases left free.
    /// </summary>
    public IReadOnlyList<double> L2Candidates { get; init; } = DefaultL2Candidates;

    /// <summary>Folds of the cross-validation, 2 or more; 0 for none, which asks for a single candidate; default 5.</summary>
    [Range(0, 100)]
    public int FoldCount { get; init; } = 5;

    /// <summary>One number a row: rows with equal numbers (byte-identical photos) stay in one fold. Null where no two belong together.</summary>
    public IReadOnlyList<long>? Groups { get; init; }

    /// <summary>The classes' names for notices and errors; null to speak of them by number.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Seed of the folds; default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads to use, 1 or more; the result is the same to the last bit for any number.</summary>
    [Range(1, int.MaxValue)]
    public required int DegreeOfParallelism { get; init; }

    /// <summary>The strength to use where cross-validation is impossible or not wanted: the only candidate, or a middle strength.</summary>
    internal double UntriedL2 => L2Candidates.Count == 1 ? L2Candidates[0] : FallbackL2;
}
