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
