using System.Globalization;
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
