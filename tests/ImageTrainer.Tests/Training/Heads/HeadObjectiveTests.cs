using ImageTrainer.Featurizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training.Heads;

[TestClass]
public class HeadObjectiveTests
{
    private const int ClassCount = 3;

    [TestMethod]
    public void Evaluate_FeatureSpace_MatchesTheReference()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(301, 13, ClassCount);
        HeadProblem problem = Problem(features, labels);
        HeadObjective objective = new FeatureSpace(problem).Objective([.. Enumerable.Range(0, 301)]);
        objective.L2 = 0.2;
        float[] point = RandomPoint(objective.Length, 13);
        float[] gradient = new float[objective.Length];

        double value = objective.Evaluate(point, gradient);

        int width = BlockProducts.PaddedWidth(13);
        (double expected, double[] expectedGradient) = new ReferenceHead(features, labels, ClassCount, 0.2).Evaluate(
            [.. Enumerable.Range(0, ClassCount * 13).Select(i => (double)point[(i / 13 * width) + (i % 13)]), .. point[^ClassCount..].Select(bias => (double)bias)]);
        Assert.AreEqual(expected, value, 1e-5);
        for (int i = 0; i < ClassCount * 13; i++)
            Assert.AreEqual(expectedGradient[i], gradient[(i / 13 * width) + (i % 13)], 1e-5);
    }

    [TestMethod]
    public void Evaluate_EitherSpace_GradientMatchesFiniteDifferences()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(40, 50, ClassCount);
        HeadProblem problem = Problem(features, labels);
        int[] rows = [.. Enumerable.Range(0, 40).Where(row => row % 5 != 0)];

        foreach (HeadSpace space in (HeadSpace[])[new FeatureSpace(problem), new RowSpace(problem)])
        {
            HeadObjective objective = space.Objective(rows);
            objective.L2 = 0.2;
            float[] point = Descend(objective, new float[objective.Length], 0.1f);
            float[] gradient = new float[objective.Length];
            objective.Evaluate(point, gradient);
            float[] step = Descend(objective, point, 1);
            for (int i = 0; i < step.Length; i++)
                step[i] -= point[i];

            double difference = (ValueAt(objective, point, step, 1e-2f) - ValueAt(objective, point, step, -1e-2f)) / 2e-2;

            Assert.AreEqual(difference, objective.Dot(gradient, step), 1e-3 * Math.Abs(difference));
        }
    }

    private static HeadProblem Problem(FeatureMatrix features, int[] labels) =>
        HeadInput.Prepare(features, labels, ClassCount, new HeadFitOptions { DegreeOfParallelism = 1 }, new ParallelOptions());

    private static float[] RandomPoint(int length, int featureCount)
    {
        var random = new Random(3);
        int width = BlockProducts.PaddedWidth(featureCount);
        return [.. Enumerable.Range(0, length).Select(i =>
            i < ClassCount * width && i % width >= featureCount ? 0 : (float)(random.NextDouble() - 0.5))];
    }

    /// <summary>One step down the gradient: a point that is valid in any space.</summary>
    private static float[] Descend(HeadObjective objective, float[] point, float length)
    {
        float[] gradient = new float[point.Length];
        objective.Evaluate(point, gradient);
        return [.. point.Select((value, i) => value - (length * gradient[i]))];
    }

    private static double ValueAt(HeadObjective objective, float[] point, float[] step, float length) =>
        objective.Evaluate([.. point.Select((value, i) => value + (length * step[i]))], new float[point.Length]);
}
