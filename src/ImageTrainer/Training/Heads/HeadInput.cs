using System.Globalization;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Training.Heads;

/// <summary>Checks what a head is to be fitted on, and makes a <see cref="HeadProblem"/> of it.</summary>
internal static class HeadInput
{
    private const int NamedRowCount = 5;
    private const int NamedClassCount = 10;

    /// <summary>Refuses arguments that do not fit each other.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    public static void CheckArguments(FeatureMatrix features, ReadOnlySpan<int> labels, int classCount, HeadFitOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.DegreeOfParallelism, 1);
        if (labels.Length != features.RowCount)
            throw new ArgumentException($"{labels.Length} labels do not go with {features.RowCount} rows of features.", nameof(labels));
        for (int row = 0; row < labels.Length; row++)
        {
            if ((uint)labels[row] >= (uint)classCount)
                throw new ArgumentException($"Row {row} has label {labels[row]}, not 0 to {classCount - 1}.", nameof(labels));
        }

        if (options.Groups is not null && options.Groups.Count != features.RowCount)
            throw new ArgumentException($"{options.Groups.Count} groups do not go with {features.RowCount} rows of features.", nameof(options));
        if (options.ClassNames is not null && options.ClassNames.Count != classCount)
            throw new ArgumentException($"{options.ClassNames.Count} class names do not go with {classCount} classes.", nameof(options));
        CheckStrengths(options);
    }

    /// <summary>Measures and weighs the data.</summary>
    /// <exception cref="TrainingDataException">Fewer than two classes have rows, or features are not finite.</exception>
    public static HeadProblem Prepare(
        FeatureMatrix features, ReadOnlySpan<int> labels, int classCount, HeadFitOptions options, ParallelOptions parallel)
    {
        int[] counts = Counts(labels, classCount);
        if (counts.Count(count => count > 0) < 2)
            throw new TrainingDataException(OneClassMessage(counts, options));
        var standardization = FeatureStandardization.Measure(features, parallel);
        if (!standardization.Scales.All(float.IsFinite) || !standardization.Offsets.All(float.IsFinite))
            ThrowNotFinite(features);
        float[] weights = RowWeights.Of(labels, classCount, options.ClassWeights);
        return new HeadProblem(features, labels.ToArray(), classCount, weights, standardization, parallel);
    }

    /// <summary>A sentence for each class without rows.</summary>
    public static IEnumerable<string> NoticesOfEmptyClasses(HeadProblem problem, HeadFitOptions options)
    {
        int[] counts = Counts(problem.Labels, problem.ClassCount);
        return Enumerable.Range(0, counts.Length)
            .Where(k => counts[k] == 0)
            .Select(k => $"{Name(k, options)} has no image to train on and will hardly ever be predicted.");
    }

    /// <summary>
    /// Folds to use: what was asked, or fewer where no class has so many different images; 0 for no cross-validation, where fewer than two classes
    /// have two. A notice says so, and names the classes of a single image, which are always learned from.
    /// </summary>
    public static int FoldCount(HeadProblem problem, HeadFitOptions options, List<string> notices)
    {
        if (options.FoldCount == 0)
            return 0;
        int[] counts = StratifiedFolds.GroupCounts(problem.Labels, problem.ClassCount, options.Groups);
        string lone = Names([.. Enumerable.Range(0, counts.Length).Where(k => counts[k] == 1)], options);
        if (counts.Count(count => count > 1) < 2)
        {
            string l2 = options.UntriedL2.ToString("G3", CultureInfo.InvariantCulture);
            notices.Add(
                $"Too few different images for cross-validation (only one to learn from of {lone}): the L2 strength is {l2} without it, and "
                + "probabilities are not calibrated. Add different images of each class.");
            return 0;
        }

        if (lone.Length > 0)
            notices.Add(
                $"{lone}: only one different image to learn from, so cross-validation and calibration say nothing of it. Add images, or leave it out.");
        int foldCount = Math.Min(options.FoldCount, counts.Max());
        if (foldCount < options.FoldCount)
            notices.Add($"No class has more than {foldCount} different images: cross-validation uses {foldCount} folds instead of {options.FoldCount}.");
        return foldCount;
    }

    private static void CheckStrengths(HeadFitOptions options)
    {
        if (options.L2Candidates.Count == 0 || options.L2Candidates.Any(l2 => !(l2 > 0) || !double.IsFinite(l2)))
            throw new ArgumentException("L2 candidates must be above 0 and finite, and one at least.", nameof(options));
        if (options.FoldCount is < 0 or 1)
            throw new ArgumentException($"{options.FoldCount} folds make no cross-validation: 2 or more, or 0 for none.", nameof(options));
        if (options.FoldCount == 0 && options.L2Candidates.Count > 1)
            throw new ArgumentException("Without cross-validation there is no choosing among several L2 candidates: give one.", nameof(options));
    }

    private static int[] Counts(ReadOnlySpan<int> labels, int classCount)
    {
        int[] counts = new int[classCount];
        foreach (int label in labels)
            counts[label]++;
        return counts;
    }

    private static string OneClassMessage(int[] counts, HeadFitOptions options)
    {
        int only = Array.FindIndex(counts, count => count > 0);
        string found = only < 0 ? "There is no image to train on" : $"{Name(only, options)} is the only one with images ({counts[only]})";
        return $"{found}: a classifier needs images of two classes at least. Add a folder of photos for each class there is to tell apart.";
    }

    private static string Name(int classIndex, HeadFitOptions options) =>
        options.ClassNames is null ? $"Class {classIndex}" : $"Class \"{options.ClassNames[classIndex]}\"";

    private static string Names(int[] classes, HeadFitOptions options)
    {
        string first = string.Join(", ", classes.Take(NamedClassCount).Select(k => Name(k, options)));
        return classes.Length > NamedClassCount ? $"{first} and {classes.Length - NamedClassCount} more" : first;
    }

    private static void ThrowNotFinite(FeatureMatrix features)
    {
        int[] rows = [.. Enumerable.Range(0, features.RowCount).Where(row => !AllFinite(features.Row(row)))];
        if (rows.Length == 0)
        {
            throw new TrainingDataException(
                "Features differ by more than floats can hold once standardised. Check that the backbone's weights are undamaged.");
        }

        string more = rows.Length > NamedRowCount ? $" and {rows.Length - NamedRowCount} more" : "";
        throw new TrainingDataException(
            $"{rows.Length} of {features.RowCount} rows of features hold values that are not finite: "
            + $"rows {string.Join(", ", rows.Take(NamedRowCount))}{more}. "
            + "Check that the backbone's weights are undamaged, or leave these images out.",
            rows);
    }

    private static bool AllFinite(ReadOnlySpan<float> values)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
                return false;
        }

        return true;
    }
}

/// <summary>The data of a fit, checked and measured once.</summary>
/// <param name="Features">[N, D], finite.</param>
/// <param name="Labels">[N], each 0 to K - 1.</param>
/// <param name="ClassCount">K.</param>
/// <param name="RowWeights">[N], how much each image counts, above 0.</param>
/// <param name="Standardization">Measured over all rows: the labels have no part in it, so folds may share it.</param>
/// <param name="Parallel">Threads and cancellation.</param>
internal sealed record HeadProblem(
    FeatureMatrix Features,
    int[] Labels,
    int ClassCount,
    float[] RowWeights,
    FeatureStandardization Standardization,
    ParallelOptions Parallel)
{
    /// <summary>The rows' weights summed.</summary>
    public double WeightOf(ReadOnlySpan<int> rows)
    {
        double sum = 0;
        foreach (int row in rows)
            sum += RowWeights[row];
        return sum;
    }
}

/// <summary>Features or labels from which no head can be fitted.</summary>
public sealed class TrainingDataException : ImageTrainerException
{
    /// <summary>Describes unusable training data.</summary>
    /// <param name="message">Whole sentences: what is wrong, where, and the way out.</param>
    /// <param name="rowIndices">The rows at fault, counted from 0, ascending; empty where the fault is the data's as a whole.</param>
    public TrainingDataException(string message, IReadOnlyList<int>? rowIndices = null)
        : base(message) => RowIndices = rowIndices ?? [];

    /// <summary>The rows at fault, counted from 0, ascending; empty where the fault is the data's as a whole.</summary>
    public IReadOnlyList<int> RowIndices { get; }
}
