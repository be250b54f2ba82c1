using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Numerics.Tensors;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// Fits multinomial logistic regression on standardised features by L-BFGS, with the L2 strength chosen by stratified cross-validation.
/// The same data, options and seed give the same bits on any number of threads.
/// </summary>
internal static class HeadFitter
{
    /// <summary>How far above the optimum a head may be, in nats.</summary>
    private const double Gap = 1e-6;

    private const int MaxIterationCount = 1000;

    /// <summary>Fits a head.</summary>
    /// <param name="features">[N, D], finite.</param>
    /// <param name="labels">[N], each 0 to K - 1.</param>
    /// <param name="classCount">K; a class may have no row, and is then next to never predicted.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at throughout.</param>
    /// <exception cref="TrainingDataException">Fewer than two classes have rows, or features are not finite.</exception>
    /// <exception cref="ArgumentException">Labels or options do not fit the features.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; nothing is kept.</exception>
    public static HeadFit Fit(
        FeatureMatrix features, ReadOnlySpan<int> labels, int classCount, HeadFitOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentNullException.ThrowIfNull(options);
        HeadInput.CheckArguments(features, labels, classCount, options);
        var parallel = SharedThreads(options.DegreeOfParallelism, cancellationToken);
        HeadProblem problem = HeadInput.Prepare(features, labels, classCount, options, parallel);
        var space = HeadSpace.For(problem);
        List<string> notices = [.. HeadInput.NoticesOfEmptyClasses(problem, options)];
        int foldCount = HeadInput.FoldCount(problem, options, notices);
        if (foldCount == 0)
            return Finish(problem, space, options.UntriedL2, null, notices);

        int[] folds = StratifiedFolds.Assign(problem.Labels, options.Groups, foldCount, options.Seed);
        IReadOnlyList<CrossValidatedStrength> tried = new HeadCrossValidation(problem, space, folds, foldCount).Run(options.L2Candidates);
        CrossValidatedStrength chosen = tried.MinBy(strength => strength.Candidate.LogLoss)!;
        return Finish(problem, space, chosen.Candidate.L2, chosen, notices) with
        {
            FoldCount = foldCount,
            HeldOutLogits = chosen.HeldOutLogits,
            HeldOutWeights = [.. problem.RowWeights.Zip(folds, (weight, fold) => fold == StratifiedFolds.None ? 0 : weight)],
            Candidates = [.. tried.Select(strength => strength.Candidate)],
        };
    }

    private static HeadFit Finish(HeadProblem problem, HeadSpace space, double l2, CrossValidatedStrength? start, List<string> notices)
    {
        int[] rows = [.. Enumerable.Range(0, problem.Features.RowCount)];
        HeadObjective objective = space.Objective(rows);
        objective.L2 = l2;
        float[] origin = HeadStart.Point(problem, rows, objective.Length);
        double tolerance = HeadStart.GradientTolerance(Gap, l2, HeadStart.GradientNorm(objective, origin));
        float[] first = start is null ? origin : HeadStart.Mean(start.Points);
        LbfgsResult result = LbfgsMinimizer.Minimize(
            objective, first, tolerance, MaxIterationCount, problem.Parallel.CancellationToken);
        // Where rows are many copies of few, their products cancel and the norm is lost in rounding; features have an exact one.
        if (double.IsNaN(result.GradientNorm) && space is RowSpace)
            return Finish(problem, new FeatureSpace(problem), l2, null, notices);
        if (!result.Converged)
        {
            notices.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"The head's optimum was not reached in {result.IterationCount} iterations: its gradient is {result.GradientNorm:G3}, not {tolerance:G3}."));
        }

        (float[] weights, float[] biases) = OnRawFeatures(problem, space.StandardizedWeights(result.Point), result.Point);
        return new HeadFit(weights, biases, l2, 0, null, [], notices);
    }

    /// <summary>Folds standardisation into the head: W (x * scale + offset) + b = (W * scale) x + (b + W offset).</summary>
    private static (float[] Weights, float[] Biases) OnRawFeatures(HeadProblem problem, float[] standardized, float[] point)
    {
        (int classCount, int featureCount) = (problem.ClassCount, problem.Features.ColumnCount);
        int width = standardized.Length / classCount;
        float[] weights = new float[classCount * featureCount];
        float[] biases = point[^classCount..];
        for (int k = 0; k < classCount; k++)
        {
            double bias = biases[k];
            for (int d = 0; d < featureCount; d++)
            {
                float weight = standardized[(k * width) + d];
                weights[(k * featureCount) + d] = weight * problem.Standardization.Scales[d];
                bias += (double)weight * problem.Standardization.Offsets[d];
            }

            biases[k] = (float)bias;
        }

        return (weights, biases);
    }

    /// <summary>One pool for the loops over folds and those inside them, so that together they keep to the number of threads.</summary>
    private static ParallelOptions SharedThreads(int degreeOfParallelism, CancellationToken cancellationToken) => new()
    {
        MaxDegreeOfParallelism = degreeOfParallelism,
        CancellationToken = cancellationToken,
        TaskScheduler = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, degreeOfParallelism).ConcurrentScheduler,
    };
}

/// <summary>A fitted head: logits = Weights x + Biases for the raw features x of an image.</summary>
/// <param name="Weights">[K, D], row-major, on raw (not standardised) features.</param>
/// <param name="Biases">[K].</param>
/// <param name="L2">The chosen strength, in the unit of <see cref="HeadFitOptions.L2Candidates"/>.</param>
/// <param name="FoldCount">Folds of the cross-validation; 0 where there was none.</param>
/// <param name="HeldOutLogits">
/// [N, K], row-major: each image's logits from the fold model that had not seen it, for the chosen strength; null without
/// cross-validation. What temperatures and thresholds may be fitted on.
/// </param>
/// <param name="Candidates">What cross-validation found of each strength it tried, strongest first; empty without it.</param>
/// <param name="Notices">Whole sentences for the user: what was done otherwise than asked, and why.</param>
internal sealed record HeadFit(
    float[] Weights,
    float[] Biases,
    double L2,
    int FoldCount,
    float[]? HeldOutLogits,
    IReadOnlyList<HeadCandidate> Candidates,
    IReadOnlyList<string> Notices)
{
    /// <summary>[N], how much each row of <see cref="HeldOutLogits"/> counts: 0 where the image was in no fold. Null without cross-validation.</summary>
    public float[]? HeldOutWeights { get; init; }

    /// <summary>Applies the head while training; what a model is measured by comes from the nodes that the saved network ends in.</summary>
    /// <param name="features">[N, D].</param>
    /// <returns>[N, K], row-major: features * weights^T + biases.</returns>
    public float[] Logits(FeatureMatrix features)
    {
        int classCount = Biases.Length;
        float[] logits = new float[features.RowCount * classCount];
        Parallel.For(0, features.RowCount, row =>
        {
            for (int k = 0; k < classCount; k++)
            {
                ReadOnlySpan<float> weights = Weights.AsSpan(k * features.ColumnCount, features.ColumnCount);
                logits[(row * classCount) + k] = TensorPrimitives.Dot(features.Row(row), weights) + Biases[k];
            }
        });
        return logits;
    }
}

/// <summary>One L2 strength as cross-validation saw it. Images count by their class weights.</summary>
/// <param name="L2">The strength.</param>
/// <param name="LogLoss">Mean cross-entropy of the held-out images, in nats.</param>
/// <param name="Accuracy">Share of the held-out images whose largest logit is their label's, 0 to 1.</param>
internal sealed record HeadCandidate(double L2, double LogLoss, double Accuracy);

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
