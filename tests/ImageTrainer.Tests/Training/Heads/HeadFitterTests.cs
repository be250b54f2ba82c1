using ImageTrainer.Featurizing;
using ImageTrainer.Training;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training.Heads;

[TestClass]
public class HeadFitterTests
{
    /// <summary>Float rounding and a search that ends at 1e-4 of the first gradient.</summary>
    private const double OptimumTolerance = 2e-3;

    [TestMethod]
    [DataRow(200, 12, DisplayName = "more rows than features")]
    [DataRow(20, 30, DisplayName = "more features than rows")]
    public void Fit_SmallProblem_FindsTheReferenceOptimum(int rowCount, int columnCount)
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(rowCount, columnCount, 3);
        var reference = new ReferenceHead(features, labels, 3, l2: 0.05);

        HeadFit fit = HeadFitter.Fit(features, labels, 3, Single(0.05), CancellationToken.None);

        double[] optimum = reference.Minimize(3000);
        (double lowest, _) = reference.Evaluate(optimum);
        (double value, double[] gradient) = reference.Evaluate(Standardized(fit, reference));
        Assert.IsLessThan(OptimumTolerance, Norm(gradient));
        Assert.AreEqual(lowest, value, 1e-5);
    }

    [TestMethod]
    public void Fit_BothSpaces_AgreeOnTheHead()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(150, 200, 7);
        HeadProblem problem = HeadInput.Prepare(features, labels, 7, Single(0.03), new ParallelOptions());

        float[] byRows = Minimize(problem, new RowSpace(problem));
        float[] byFeatures = Minimize(problem, new FeatureSpace(problem));

        for (int i = 0; i < byRows.Length; i++)
            Assert.AreEqual(byFeatures[i], byRows[i], OptimumTolerance);
    }

    [TestMethod]
    public void Fit_AnyNumberOfThreads_GivesTheSameBits()
    {
        foreach (int rowCount in (int[])[90, 700])
        {
            (FeatureMatrix features, int[] labels) = HeadSamples.Make(rowCount, 100, 5);

            HeadFit[] fits = [.. new[] { 1, 2, 5 }.Select(threads => HeadFitter.Fit(
                features, labels, 5, new HeadFitOptions { DegreeOfParallelism = threads }, CancellationToken.None))];

            foreach (HeadFit fit in fits)
            {
                CollectionAssert.AreEqual(fits[0].Weights, fit.Weights);
                CollectionAssert.AreEqual(fits[0].Biases, fit.Biases);
                CollectionAssert.AreEqual(fits[0].HeldOutLogits, fit.HeldOutLogits);
            }
        }
    }

    [TestMethod]
    public void Fit_SeparableData_StaysFinite()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(300, 40, 3, signal: 20);

        HeadFit fit = HeadFitter.Fit(features, labels, 3, Single(1e-6), CancellationToken.None);

        Assert.IsTrue(fit.Weights.All(float.IsFinite));
        Assert.AreEqual(1, Accuracy(fit, features, labels));
    }

    [TestMethod]
    public void Fit_ConstantFeature_GetsNoWeight()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(100, 10, 2);
        float[] values = features.Values.ToArray();
        for (int row = 0; row < 100; row++)
            values[(row * 10) + 3] = 1234.567f;

        HeadFit fit = HeadFitter.Fit(new FeatureMatrix(values, 100, 10), labels, 2, Single(0.01), CancellationToken.None);

        Assert.AreEqual(0, fit.Weights[3]);
        Assert.AreEqual(0, fit.Weights[13]);
        Assert.IsTrue(fit.Biases.All(float.IsFinite));
    }

    [TestMethod]
    public void Fit_MeansFarAboveDeviations_LosesNoAccuracy()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(300, 20, 3);
        float[] shifted = [.. features.Values.ToArray().Select(value => value + 1000)];

        HeadFit plain = HeadFitter.Fit(features, labels, 3, Options(), CancellationToken.None);
        HeadFit fit = HeadFitter.Fit(new FeatureMatrix(shifted, 300, 20), labels, 3, Options(), CancellationToken.None);

        Assert.AreEqual(Best(plain).LogLoss, Best(fit).LogLoss, 1e-3);
    }

    [TestMethod]
    public void Fit_Balanced_MovesTheDecisionTowardsTheSmallClass()
    {
        (FeatureMatrix all, int[] allLabels) = HeadSamples.Make(1000, 5, 2, signal: 0.5);
        int[] rows = [.. Enumerable.Range(0, 1000).Where(row => allLabels[row] == 0 || row % 20 == 1)];
        (FeatureMatrix features, int[] labels) = (all.Rows(rows), [.. rows.Select(row => allLabels[row])]);

        HeadFit none = HeadFitter.Fit(features, labels, 2, Single(0.01), CancellationToken.None);
        HeadFit balanced = HeadFitter.Fit(
            features, labels, 2, Single(0.01) with { ClassWeights = ClassWeights.Balanced }, CancellationToken.None);

        Assert.IsGreaterThan(2 * PredictedCount(none, all, 1), PredictedCount(balanced, all, 1));
    }

    [TestMethod]
    public void Fit_Balanced_FindsTheWeightedOptimum()
    {
        (FeatureMatrix all, int[] allLabels) = HeadSamples.Make(200, 6, 2);
        int[] rows = [.. Enumerable.Range(0, 200).Where(row => allLabels[row] == 0 || row % 10 == 1)];
        (FeatureMatrix features, int[] labels) = (all.Rows(rows), [.. rows.Select(row => allLabels[row])]);
        var reference = new ReferenceHead(features, labels, 2, 0.05, [.. labels.Select(label => label == 0 ? 120 / 200.0 : 120 / 40.0)]);

        HeadFit fit = HeadFitter.Fit(
            features, labels, 2, Single(0.05) with { ClassWeights = ClassWeights.Balanced }, CancellationToken.None);

        Assert.IsLessThan(OptimumTolerance, Norm(reference.Evaluate(Standardized(fit, reference)).Gradient));
    }

    [TestMethod]
    public void Fit_CrossValidated_GivesHeldOutLogitsAsGoodAsItSays()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(400, 30, 4, signal: 0.6);

        HeadFit fit = HeadFitter.Fit(features, labels, 4, Options(), CancellationToken.None);

        double loss = labels.Select((label, row) => SoftmaxCrossEntropy.Loss(fit.HeldOutLogits.AsSpan(row * 4, 4), label)).Average();
        Assert.AreEqual(5, fit.FoldCount);
        Assert.AreEqual(fit.L2, Best(fit).L2);
        Assert.AreEqual(Best(fit).LogLoss, loss, 1e-9);
        Assert.IsGreaterThan(Best(fit).Accuracy, Accuracy(fit, features, labels));
        Assert.IsEmpty(fit.Notices);
    }

    [TestMethod]
    public void Fit_ClassesSmallerThanFolds_UsesFewerAndSaysSo()
    {
        (FeatureMatrix features, _) = HeadSamples.Make(5, 6, 2);

        HeadFit fit = HeadFitter.Fit(features, [0, 1, 0, 1, 0], 2, Options(), CancellationToken.None);

        Assert.AreEqual(3, fit.FoldCount);
        Assert.AreEqual("No class has more than 3 different images: cross-validation uses 3 folds instead of 5.", fit.Notices.Single());
    }

    [TestMethod]
    public void Fit_ClassWithTwoImages_IsInTwoFoldsOfFive()
    {
        (FeatureMatrix features, _) = HeadSamples.Make(20, 6, 2);
        int[] labels = [.. Enumerable.Range(0, 20).Select(row => row < 2 ? 1 : 0)];

        HeadFit fit = HeadFitter.Fit(features, labels, 2, Options(), CancellationToken.None);

        Assert.AreEqual(5, fit.FoldCount);
        Assert.IsEmpty(fit.Notices);
    }

    [TestMethod]
    public void Fit_ClassesWithOneImage_AreAlwaysLearnedFromAndNamed()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(60, 6, 2);
        (labels[7], labels[8]) = (2, 3);

        HeadFit fit = HeadFitter.Fit(features, labels, 4, Options() with { ClassNames = ["cat", "dog", "emu", "fox"] }, CancellationToken.None);

        Assert.AreEqual(5, fit.FoldCount);
        Assert.Contains("Class \"emu\", Class \"fox\": only one different image", fit.Notices.Single());
        CollectionAssert.AreEqual(Enumerable.Range(0, 60).Select(row => row is 7 or 8 ? 0f : 1f).ToArray(), fit.HeldOutWeights);
        CollectionAssert.AreEqual(new float[8], fit.HeldOutLogits![(4 * 7)..(4 * 9)]);
    }

    [TestMethod]
    public void Fit_OneClassAloneWithSeveralImages_SkipsCrossValidationAndSaysSo()
    {
        (FeatureMatrix features, _) = HeadSamples.Make(20, 6, 2);
        int[] labels = [.. Enumerable.Range(0, 20).Select(row => row < 1 ? 1 : 0)];

        HeadFit fit = HeadFitter.Fit(features, labels, 2, Options(), CancellationToken.None);

        Assert.AreEqual(0, fit.FoldCount);
        Assert.IsNull(fit.HeldOutLogits);
        Assert.Contains("only one to learn from of Class 1", fit.Notices.Single());
        Assert.Contains("probabilities are not calibrated", fit.Notices.Single());
    }

    [TestMethod]
    public void Fit_FewPhotosManyTimes_ReachesTheOptimum()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            int photoCount = 2 + (seed % 5);
            var random = new Random(seed);
            float[][] photos = [.. Enumerable.Range(0, photoCount).Select(_ => Enumerable.Range(0, 512).Select(_ => random.NextSingle()).ToArray())];
            int[] rows = [.. Enumerable.Range(0, 31).Select(row => row < photoCount ? row : 0)];
            var features = new FeatureMatrix([.. rows.SelectMany(row => photos[row])], rows.Length, 512);

            HeadFit fit = HeadFitter.Fit(features, [.. rows.Select(row => row % 2)], 2, Single(Math.Pow(0.1, 1 + (seed % 4))), CancellationToken.None);

            Assert.IsEmpty(fit.Notices, $"seed {seed}");
        }
    }

    [TestMethod]
    public void Fit_ClassWithoutImages_SaysSoAndDoesNotPredictIt()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(60, 6, 2);

        HeadFit fit = HeadFitter.Fit(features, labels, 3, Options(), CancellationToken.None);

        Assert.AreEqual(0, PredictedCount(fit, features, 2));
        Assert.Contains("Class 2 has no image", fit.Notices.Single());
    }

    [TestMethod]
    public void Fit_OneClass_ThrowsTrainingDataException()
    {
        (FeatureMatrix features, _) = HeadSamples.Make(20, 6, 2);

        var exception = Assert.ThrowsExactly<TrainingDataException>(
            () => HeadFitter.Fit(features, new int[20], 2, Options() with { ClassNames = ["Cat", "Dog"] }, CancellationToken.None));

        Assert.Contains("\"Cat\" is the only one with images (20)", exception.Message);
    }

    [TestMethod]
    public void Fit_NonFiniteFeatures_ThrowsTrainingDataExceptionWithTheRows()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(20, 6, 2);
        float[] values = features.Values.ToArray();
        (values[13], values[61]) = (float.NaN, float.PositiveInfinity);

        var exception = Assert.ThrowsExactly<TrainingDataException>(
            () => HeadFitter.Fit(new FeatureMatrix(values, 20, 6), labels, 2, Options(), CancellationToken.None));

        CollectionAssert.AreEqual(new[] { 2, 10 }, exception.RowIndices.ToArray());
        Assert.Contains("rows 2, 10", exception.Message);
    }

    [TestMethod]
    public void Fit_LabelOutOfRange_ThrowsArgumentException()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(20, 6, 2);
        labels[4] = 2;

        var exception = Assert.ThrowsExactly<ArgumentException>(() => HeadFitter.Fit(features, labels, 2, Options(), CancellationToken.None));

        Assert.Contains("Row 4 has label 2", exception.Message);
    }

    [TestMethod]
    public void Fit_Cancelled_ThrowsOperationCanceledException()
    {
        (FeatureMatrix features, int[] labels) = HeadSamples.Make(20, 6, 2);

        Assert.ThrowsExactly<OperationCanceledException>(
            () => HeadFitter.Fit(features, labels, 2, Options(), new CancellationToken(canceled: true)));
    }

    private static HeadFitOptions Options() => new() { DegreeOfParallelism = 2 };

    private static HeadFitOptions Single(double l2) => Options() with { FoldCount = 0, L2Candidates = [l2] };

    private static HeadCandidate Best(HeadFit fit) => fit.Candidates.MinBy(candidate => candidate.LogLoss)!;

    private static float[] Minimize(HeadProblem problem, HeadSpace space)
    {
        HeadObjective objective = space.Objective([.. Enumerable.Range(0, problem.Features.RowCount)]);
        objective.L2 = 0.03;
        LbfgsResult result = LbfgsMinimizer.Minimize(objective, new float[objective.Length], 1e-4, 500, CancellationToken.None);
        Assert.IsTrue(result.Converged);
        return [.. space.StandardizedWeights(result.Point), .. result.Point[^problem.ClassCount..]];
    }

    /// <summary>Takes the standardisation out of a head again.</summary>
    private static double[] Standardized(HeadFit fit, ReferenceHead reference)
    {
        int width = reference.Means.Length;
        double[] weights = [.. fit.Weights.Select((weight, i) => weight * reference.Deviations[i % width])];
        IEnumerable<double> biases = fit.Biases.Select((bias, k) =>
            bias + Enumerable.Range(0, width).Sum(d => fit.Weights[(k * width) + d] * reference.Means[d]));
        return [.. weights, .. biases];
    }

    private static double Norm(double[] vector) => Math.Sqrt(vector.Sum(value => value * value));

    private static double Accuracy(HeadFit fit, FeatureMatrix features, int[] labels) =>
        labels.Select((label, row) => Predict(fit, features.Row(row)) == label ? 1.0 : 0).Average();

    private static int PredictedCount(HeadFit fit, FeatureMatrix features, int classIndex) =>
        Enumerable.Range(0, features.RowCount).Count(row => Predict(fit, features.Row(row)) == classIndex);

    private static int Predict(HeadFit fit, ReadOnlySpan<float> row)
    {
        double[] logits = [.. fit.Biases];
        for (int i = 0; i < fit.Weights.Length; i++)
            logits[i / row.Length] += fit.Weights[i] * row[i % row.Length];
        return Array.IndexOf(logits, logits.Max());
    }
}
