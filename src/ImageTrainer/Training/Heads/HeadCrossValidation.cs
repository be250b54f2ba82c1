using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>
/// Tries L2 strengths on folds, strongest first: each fold's solution is the next one's start, and the walk ends where weaker
/// penalties only get worse (they also take longest).
/// </summary>
internal sealed class HeadCrossValidation
{
    /// <summary>
    /// How far above the optimum, in nats, folds' heads may be. They are compared and calibrated on, not kept: going on to 1e-6 moved the held-out
    /// log-loss by up to 0.004 and no temperature by 0.01.
    /// </summary>
    private const double Gap = 1e-4;

    private const int MaxIterationCount = 200;

    /// <summary>Strengths in a row that must be worse than the best before the walk ends.</summary>
    private const int Patience = 2;

    private readonly HeadProblem _problem;
    private readonly HeadSpace _space;
    private readonly int[][] _heldOut;
    private readonly HeadObjective[] _objectives;
    private readonly float[][] _points;
    private readonly double[] _firstNorms;

    /// <summary>Prepares a walk.</summary>
    /// <param name="problem">The data.</param>
    /// <param name="space">The space to search in.</param>
    /// <param name="folds">[N], the fold of each row.</param>
    /// <param name="foldCount">How many folds.</param>
    public HeadCrossValidation(HeadProblem problem, HeadSpace space, int[] folds, int foldCount)
    {
        (_problem, _space) = (problem, space);
        int[] rows = [.. Enumerable.Range(0, folds.Length)];
        _heldOut = [.. Enumerable.Range(0, foldCount).Select(fold => rows.Where(row => folds[row] == fold).ToArray())];
        int[][] kept = [.. Enumerable.Range(0, foldCount).Select(fold => rows.Where(row => folds[row] != fold).ToArray())];
        _objectives = [.. kept.Select(space.Objective)];
        _points = [.. _objectives.Select((objective, fold) => HeadStart.Point(problem, kept[fold], objective.Length))];
        _firstNorms = new double[foldCount];
    }

    /// <summary>Walks from the strongest candidate to the weakest that is worth trying.</summary>
    public IReadOnlyList<CrossValidatedStrength> Run(IEnumerable<double> candidates)
    {
        var tried = new List<CrossValidatedStrength>();
        int best = 0;
        foreach (double l2 in candidates.OrderDescending())
        {
            tried.Add(Try(l2));
            if (tried[^1].Candidate.LogLoss < tried[best].Candidate.LogLoss)
                best = tried.Count - 1;
            if (tried.Count - 1 - best >= Patience)
                break;
        }

        return tried;
    }

    private CrossValidatedStrength Try(double l2)
    {
        float[] logits = new float[_problem.Features.RowCount * _problem.ClassCount];
        Parallel.For(0, _objectives.Length, _problem.Parallel, fold =>
        {
            _objectives[fold].L2 = l2;
            if (_firstNorms[fold] == 0)
                _firstNorms[fold] = HeadStart.GradientNorm(_objectives[fold], _points[fold]);
            double tolerance = HeadStart.GradientTolerance(Gap, l2, _firstNorms[fold]);
            LbfgsResult result = LbfgsMinimizer.Minimize(
                _objectives[fold], _points[fold], tolerance, MaxIterationCount, _problem.Parallel.CancellationToken);
            _points[fold] = result.Point;
            _space.Score(result.Point, _heldOut[fold], logits);
        });
        return new CrossValidatedStrength(Judge(l2, logits), logits, [.. _points]);
    }

    private HeadCandidate Judge(double l2, float[] logits)
    {
        (double loss, double correct, double weight) = (0, 0, 0);
        foreach (int[] rows in _heldOut)
        {
            (double foldLoss, double foldCorrect) = Sum(rows, logits);
            (loss, correct, weight) = (loss + foldLoss, correct + foldCorrect, weight + _problem.WeightOf(rows));
        }

        return new HeadCandidate(l2, loss / weight, correct / weight);
    }

    private (double Loss, double Correct) Sum(int[] rows, float[] logits)
    {
        (double loss, double correct) = (0, 0);
        foreach (int row in rows)
        {
            ReadOnlySpan<float> own = logits.AsSpan(row * _problem.ClassCount, _problem.ClassCount);
            int label = _problem.Labels[row];
            loss += _problem.RowWeights[row] * SoftmaxCrossEntropy.Loss(own, label);
            if (TensorPrimitives.IndexOfMax(own) == label)
                correct += _problem.RowWeights[row];
        }

        return (loss, correct);
    }
}

/// <summary>What cross-validation has of one strength.</summary>
/// <param name="Candidate">Its figures.</param>
/// <param name="HeldOutLogits">[N, K], each row from the fold model that had not seen it.</param>
/// <param name="Points">The fold models.</param>
internal sealed record CrossValidatedStrength(HeadCandidate Candidate, float[] HeldOutLogits, float[][] Points);

/// <summary>Deals rows to folds so that every class is spread evenly and rows of one group stay together.</summary>
internal static class StratifiedFolds
{
    /// <summary>The fold of rows that are in no fold: of a class with one group, of which a model without them would know nothing.</summary>
    public const int None = -1;

    /// <summary>How many groups of rows each class has.</summary>
    /// <param name="labels">[N], each 0 to K - 1.</param>
    /// <param name="classCount">K.</param>
    /// <param name="groups">[N], or null where every row is its own group.</param>
    /// <returns>[K].</returns>
    public static int[] GroupCounts(ReadOnlySpan<int> labels, int classCount, IReadOnlyList<long>? groups)
    {
        int[] counts = new int[classCount];
        foreach (List<int> group in GroupRows(labels, groups))
            counts[labels[group[0]]]++;
        return counts;
    }

    /// <summary>Gives every row its fold.</summary>
    /// <param name="labels">[N]; a group whose rows disagree goes by the label of its first.</param>
    /// <param name="groups">[N], or null where every row is its own group.</param>
    /// <param name="foldCount">How many folds, at most the largest of <see cref="GroupCounts"/>; a class with fewer groups is in some of them.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>[N], each 0 to foldCount - 1 or <see cref="None"/>.</returns>
    public static int[] Assign(ReadOnlySpan<int> labels, IReadOnlyList<long>? groups, int foldCount, int seed)
    {
        List<int>[] shuffled = [.. GroupRows(labels, groups)];
        new Random(seed).Shuffle(shuffled);
        int[] groupCounts = GroupCounts(labels, TensorPrimitives.Max(labels) + 1, groups);
        int[] folds = new int[labels.Length];
        Array.Fill(folds, None);
        int[] totals = new int[foldCount];
        var byClass = new Dictionary<int, int[]>();
        foreach (List<int> group in shuffled)
        {
            int label = labels[group[0]];
            if (groupCounts[label] == 1)
                continue;
            if (!byClass.TryGetValue(label, out int[]? counts))
                byClass.Add(label, counts = new int[foldCount]);
            int fold = Emptiest(counts, totals);
            counts[fold] += group.Count;
            totals[fold] += group.Count;
            foreach (int row in group)
                folds[row] = fold;
        }

        return folds;
    }

    /// <summary>The fold with the fewest rows of the class; of those, with the fewest rows at all.</summary>
    private static int Emptiest(int[] counts, int[] totals)
    {
        int best = 0;
        for (int fold = 1; fold < counts.Length; fold++)
        {
            if ((counts[fold], totals[fold]).CompareTo((counts[best], totals[best])) < 0)
                best = fold;
        }

        return best;
    }

    /// <summary>The groups in the order of their first rows.</summary>
    private static List<List<int>> GroupRows(ReadOnlySpan<int> labels, IReadOnlyList<long>? groups)
    {
        var result = new List<List<int>>();
        var known = new Dictionary<long, List<int>>();
        for (int row = 0; row < labels.Length; row++)
        {
            List<int>? group = null;
            if (groups is null || !known.TryGetValue(groups[row], out group))
            {
                group = [];
                result.Add(group);
                if (groups is not null)
                    known.Add(groups[row], group);
            }

            group.Add(row);
        }

        return result;
    }
}
