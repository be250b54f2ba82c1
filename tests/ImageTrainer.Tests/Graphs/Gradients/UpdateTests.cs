using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Graphs.Gradients;

/// <summary>
/// How weights follow gradients, over several steps, against the same worked out in double precision: softmax regression, whose gradient
/// is (p - t) x, with the updates written as their papers have them.
/// </summary>
[TestClass]
public sealed class UpdateTests
{
    private const int ImageCount = 4;
    private const int FeatureCount = 5;
    private const int ClassCount = 3;
    private const int StepCount = 6;
    private const double Tolerance = 2e-6;

    private static readonly TrainingGraphOptions Plain = new() { BatchSize = ImageCount, GroupOf = Group };

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(0.9)]
    public void Nesterov_SixStepsWithDecay_AreThoseOfThePaper(double momentum)
    {
        var velocity = new Dictionary<string, double[]>();
        AssertFollows(Plain with { Update = new NesterovUpdate(momentum), WeightDecay = 0.05 }, (name, weights, gradient, _, rate) =>
        {
            double[] v = velocity.TryGetValue(name, out double[]? last) ? last : velocity[name] = new double[weights.Length];
            for (int i = 0; i < weights.Length; i++)
            {
                v[i] = (momentum * v[i]) + gradient[i];
                weights[i] = (weights[i] * DecayOf(name, rate, 0.05)) - (rate * (gradient[i] + (momentum * v[i])));
            }
        });
    }

    [TestMethod]
    public void AdamW_SixStepsWithDecay_AreThoseOfThePaperAtAShareOfEachRowsFirstSize()
    {
        double[] sizes = [];
        var moments = new Dictionary<string, (double[] First, double[] Second)>();
        AssertFollows(Plain with { Update = new AdamWUpdate(), WeightDecay = 0.05 }, (name, weights, gradient, step, rate) =>
        {
            if (sizes.Length == 0) sizes = [.. weights.Chunk(FeatureCount).Select(row => Math.Sqrt(row.Average(weight => weight * weight)))];
            if (!moments.TryGetValue(name, out var moment)) moment = moments[name] = (new double[weights.Length], new double[weights.Length]);
            for (int i = 0; i < weights.Length; i++)
            {
                moment.First[i] = (0.9 * moment.First[i]) + (0.1 * gradient[i]);
                moment.Second[i] = (0.999 * moment.Second[i]) + (0.001 * gradient[i] * gradient[i]);
                double mean = moment.First[i] / (1 - Math.Pow(0.9, step)), variance = moment.Second[i] / (1 - Math.Pow(0.999, step));
                // The biases are 0 at first, and move as if they were a thousandth.
                double size = IsMatrix(name) ? sizes[i / FeatureCount] : 1e-3;
                weights[i] = (weights[i] * DecayOf(name, rate, 0.05)) - (rate * size * mean / (Math.Sqrt(variance) + 1e-8));
            }
        });
    }

    [TestMethod]
    public void AdamW_KernelScaledByAnything_TrainsTheSameFunction()
    {
        var random = new Random(6);
        float[] kernel = [.. Enumerable.Range(0, 4 * 3 * 9).Select(_ => random.NextSingle() - 0.5f)], scales = [4, -0.5f, 2, 0.6f];
        float[] shrunk = [.. kernel.Select((weight, i) => weight / scales[i / 27])];
        TrainingGraphOptions options = Plain with
        {
            Update = new AdamWUpdate(),
            GroupOf = name => name.StartsWith("norm", StringComparison.Ordinal) ? null : "all",
        };
        using TrainingStep plain = Start(ConvolutionNetwork(kernel, [1, 1, 1, 1]), options);
        using TrainingStep scaled = Start(ConvolutionNetwork(shrunk, scales), options);

        for (int number = 1; number <= StepCount; number++)
            Assert.AreEqual(plain.Run(_ => 0.05f), scaled.Run(_ => 0.05f), 1e-4f, $"loss of step {number}");

        float[] expected = Read(plain, "conv.weight"), actual = Read(scaled, "conv.weight");
        Assert.IsGreaterThan(0.01f, expected.Zip(kernel, (end, start) => Math.Abs(end - start)).Max(), "The kernel has not moved.");
        // Adam's epsilon counts for more beside the smaller gradients.
        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i] * scales[i / 27], 2e-3f, $"element {i}");
    }

    [TestMethod]
    public void AdamW_RowOfZeros_ComesToLife()
    {
        float[] factors = new AdamWUpdate().FactorsOf([0, 0, 3, -4], rowCount: 2, scales: null)!;

        Assert.AreEqual(0.25f, factors[0], 1e-6f);
        Assert.AreEqual(MathF.Sqrt(12.5f), factors[1], 1e-6f);
    }

    [TestMethod]
    [DataRow(0.05, DisplayName = "Clipped in every step")]
    [DataRow(1000.0, DisplayName = "Never clipped")]
    public void ClipNorm_SixSteps_ScalesAllGradientsTogether(double limit) => AssertFollows(
        Plain with { Update = new NesterovUpdate(0), ClipNorm = limit },
        (_, weights, gradient, _, rate) => Descend(weights, gradient, rate),
        norm => Math.Min(1, limit / norm));

    [TestMethod]
    public void L1_OnTheHead_MovesEachWeightTowardsZeroAndNoFurther()
    {
        int zeroCount = 0;
        AssertFollows(Plain with { Update = new NesterovUpdate(0), L1 = 0.5, L1Group = "all" }, (name, weights, gradient, _, rate) =>
        {
            Descend(weights, gradient, rate);
            if (!IsMatrix(name)) return;
            for (int i = 0; i < weights.Length; i++)
            {
                weights[i] = Math.Sign(weights[i]) * Math.Max(0, Math.Abs(weights[i]) - (rate * 0.5));
                if (weights[i] == 0) zeroCount++;
            }
        });
        Assert.IsGreaterThan(0, zeroCount, "No weight has come to zero: the test shows nothing.");
    }

    [TestMethod]
    public void Rate_OfAGroup_MovesThatGroupAlone()
    {
        TrainingGraph training = TrainingGraph.Derive(Network(out float[] first), Plain with { GroupOf = name => IsMatrix(name) ? "weights" : "biases" });
        using var step = new TrainingStep(training, ComputeDevice.Cpu, 1);
        Fill(step);

        step.Run(group => group == "biases" ? 0.1f : 0);

        CollectionAssert.AreEqual(first, Read(step, "head.weight"));
        Assert.IsTrue(Read(step, "head.bias").All(bias => bias != 0));
    }

    [TestMethod]
    [DataRow(typeof(NesterovUpdate), null)]
    [DataRow(typeof(NesterovUpdate), 0.01)]
    [DataRow(typeof(AdamWUpdate), null)]
    [DataRow(typeof(AdamWUpdate), 0.01)]
    public void Scales_OfAFoldedKernel_TrainItAsBeforeFolding(Type update, double? clipNorm)
    {
        var random = new Random(6);
        float[] kernel = [.. Enumerable.Range(0, 4 * 3 * 9).Select(_ => random.NextSingle() - 0.5f)], scales = [0.2f, -0.3f, 2, 1];
        float[] folded = [.. kernel.Select((weight, i) => weight * scales[i / 27])];
        TrainingGraphOptions options = Plain with
        {
            Update = update == typeof(AdamWUpdate) ? new AdamWUpdate() : new NesterovUpdate(),
            ClipNorm = clipNorm,
            WeightDecay = 0.05,
        };
        using TrainingStep apart = Start(ConvolutionNetwork(kernel, scales), options with { GroupOf = name => name.StartsWith("norm", StringComparison.Ordinal) ? null : "all" });
        using TrainingStep together = Start(ConvolutionNetwork(folded, null), options with { ScalesOf = name => name == "conv.weight" ? scales : null });

        for (int number = 1; number <= StepCount; number++)
        {
            float first = apart.Run(_ => 0.02f), second = together.Run(_ => 0.02f);
            Assert.AreEqual(first, second, 1e-4f, $"loss of step {number}");
        }

        double[] expected = [.. Read(apart, "conv.weight").Select((weight, i) => (double)weight * scales[i / 27])];
        float[] actual = Read(together, "conv.weight");
        Assert.IsGreaterThan(1e-3, expected.Zip(folded, (end, start) => Math.Abs(end - start)).Max(), "The kernel has not moved.");
        // Adam's epsilon counts for more beside the smaller gradient.
        double tolerance = update == typeof(AdamWUpdate) ? 1e-3 : 1e-4;
        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], tolerance * Math.Abs(scales[i / 27]), $"element {i}");
    }

    private delegate void Follow(string name, double[] weights, double[] gradient, int step, double rate);

    private static void AssertFollows(TrainingGraphOptions options, Follow follow, Func<double, double>? scaleOf = null)
    {
        TrainingGraph training = TrainingGraph.Derive(Network(out float[] first), options);
        using var step = new TrainingStep(training, ComputeDevice.Cpu, 1);
        (double[] images, double[] targets) = Fill(step);
        double[] weights = [.. first.Select(weight => (double)weight)], biases = new double[ClassCount];
        for (int number = 1; number <= StepCount; number++)
        {
            float rate = 0.1f * number;
            (double[] byWeights, double[] byBiases) = Gradients(images, targets, weights, biases);
            double scale = scaleOf?.Invoke(Math.Sqrt(byWeights.Concat(byBiases).Sum(value => value * value))) ?? 1;
            follow("head.weight", weights, [.. byWeights.Select(value => value * scale)], number, rate);
            follow("head.bias", biases, [.. byBiases.Select(value => value * scale)], number, rate);

            step.Run(_ => rate);

            AssertNear(weights, Read(step, "head.weight"), number);
            AssertNear(biases, Read(step, "head.bias"), number);
        }
    }

    private static Graph Network(out float[] weights)
    {
        var random = new Random(3);
        weights = [.. Enumerable.Range(0, ClassCount * FeatureCount).Select(_ => random.NextSingle() - 0.5f)];
        var builder = new GraphBuilder("softmax regression");
        GraphTensor images = builder.Input("images", new TensorShape("N", FeatureCount, 1, 1));
        GraphTensor features = builder.Node("features").Flatten(builder.Node("pool").GlobalAveragePool(images));
        GraphTensor matrix = builder.Constant("head.weight", new TensorShape(ClassCount, FeatureCount), weights.AsSpan());
        builder.Output(builder.Node("head").Gemm(features, matrix, builder.Constant("head.bias", new TensorShape(ClassCount), new float[ClassCount].AsSpan())));
        return builder.Build();
    }

    // Convolution, a BatchNorm that only scales or none, ReLU, and a linear layer.
    private static Graph ConvolutionNetwork(float[] kernel, float[]? scales)
    {
        var random = new Random(7);
        var builder = new GraphBuilder("convolution");
        GraphTensor Vector(string name, params float[] values) => builder.Constant(name, new TensorShape(values.Length), values.AsSpan());
        GraphTensor images = builder.Input("images", new TensorShape("N", 3, 6, 5));
        GraphTensor weights = builder.Constant("conv.weight", new TensorShape(4, 3, 3, 3), kernel.AsSpan());
        GraphTensor x = builder.Node("conv").Conv(images, (weights, Vector("norm.none", 0, 0, 0, 0)), (1, 1));
        if (scales is not null)
        {
            (GraphTensor Gamma, GraphTensor Beta, GraphTensor Mean, GraphTensor Variance) norm =
                (Vector("norm.gamma", scales), Vector("norm.beta", 0, 0, 0, 0), Vector("norm.mean", 0, 0, 0, 0), Vector("norm.variance", 1, 1, 1, 1));
            x = builder.Node("bn").BatchNormalization(x, norm, 1e-12f);
        }

        GraphTensor features = builder.Node("features").Flatten(builder.Node("pool").GlobalAveragePool(builder.Node("relu").Relu(x)));
        float[] head = [.. Enumerable.Range(0, ClassCount * 4).Select(_ => random.NextSingle() - 0.5f)];
        GraphTensor matrix = builder.Constant("head.weight", new TensorShape(ClassCount, 4), head.AsSpan());
        builder.Output(builder.Node("head").Gemm(features, matrix, Vector("head.bias", 0, 0, 0)));
        return builder.Build();
    }

    private static TrainingStep Start(Graph network, TrainingGraphOptions options)
    {
        Func<string, string?> groupOf = options.GroupOf;
        var step = new TrainingStep(
            TrainingGraph.Derive(network, options with { GroupOf = name => name == "norm.none" ? null : groupOf(name) }), ComputeDevice.Cpu, 1);
        Fill(step);
        return step;
    }

    private static (double[] Images, double[] Targets) Fill(TrainingStep step)
    {
        var random = new Random(4);
        foreach (ref float value in step.Images) value = (2 * random.NextSingle()) - 1;
        step.Targets.Clear();
        for (int image = 0; image < ImageCount; image++) step.Targets[(image * ClassCount) + (image % ClassCount)] = 1;
        return ([.. step.Images.ToArray().Select(value => (double)value)], [.. step.Targets.ToArray().Select(value => (double)value)]);
    }

    private static (double[] Weights, double[] Biases) Gradients(double[] images, double[] targets, double[] weights, double[] biases)
    {
        double[] byWeights = new double[weights.Length], byBiases = new double[biases.Length];
        for (int image = 0; image < ImageCount; image++)
        {
            double[] x = images[(image * FeatureCount)..((image + 1) * FeatureCount)];
            double[] powers = [.. biases.Select((bias, k) => Math.Exp(bias + x.Select((value, d) => value * weights[(k * FeatureCount) + d]).Sum()))];
            for (int k = 0; k < ClassCount; k++)
            {
                double difference = ((powers[k] / powers.Sum()) - targets[(image * ClassCount) + k]) / ImageCount;
                byBiases[k] += difference;
                for (int d = 0; d < FeatureCount; d++) byWeights[(k * FeatureCount) + d] += difference * x[d];
            }
        }

        return (byWeights, byBiases);
    }

    private static void Descend(double[] weights, double[] gradient, double rate)
    {
        for (int i = 0; i < weights.Length; i++) weights[i] -= rate * gradient[i];
    }

    private static double DecayOf(string name, double rate, double decay) => IsMatrix(name) ? 1 - (rate * decay) : 1;

    private static bool IsMatrix(string name) => name.EndsWith(".weight", StringComparison.Ordinal);

    private static string Group(string name) => "all";

    private static float[] Read(TrainingStep step, string name) => step.ReadState(step.State.Index().First(state => state.Item.Name == name).Index);

    private static void AssertNear(double[] expected, float[] actual, int step)
    {
        for (int i = 0; i < expected.Length; i++) Assert.AreEqual(expected[i], actual[i], Tolerance, $"step {step}, element {i}");
    }
}
