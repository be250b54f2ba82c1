using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Graphs.Gradients;

/// <summary>Holds the gradients of a training graph against central differences of <see cref="SlowNetwork"/>.</summary>
internal sealed record GradientCheck
{
    /// <summary>Largest distance of a gradient from the reference, over the reference's norm.</summary>
    public const double Tolerance = 1e-4;

    private const int BatchSize = 3;
    private const double Step = 1e-5;

    public required Func<GraphBuilder, Random, GraphTensor> Network { get; init; }

    public bool ForCuda { get; init; }

    public bool UsesBatchStatistics { get; init; }

    public double Smoothing { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>The relative error of each parameter's gradient.</summary>
    public IReadOnlyDictionary<string, double> Errors()
    {
        var random = new Random(Seed);
        var builder = new GraphBuilder("test");
        builder.Output(Network(builder, random));
        Graph network = builder.Build();
        TrainingGraph training = TrainingGraph.Derive(network, new TrainingGraphOptions
        {
            BatchSize = BatchSize,
            ForCuda = ForCuda,
            GroupOf = name => Path.GetExtension(name) is ".mean" or ".variance" or ".zero" ? null : "all",
            // With no momentum the state after one step is the gradient itself.
            Update = new NesterovUpdate(0),
            LabelSmoothing = Smoothing,
            UsesBatchStatistics = UsesBatchStatistics,
        });
        using var step = new TrainingStep(training, ComputeDevice.Cpu, 1);
        var slow = new SlowNetwork(network, BatchSize, UsesBatchStatistics, Smoothing);
        double[] targets = Fill(step, slow, network, training, random);
        Assert.AreEqual(slow.Loss(targets), step.Run(_ => 1), 1e-5, "the losses differ");
        Assert.IsGreaterThan(100 * Step, slow.Margin, "the seed comes too near to a place without derivative");
        return training.State
            .Select((tensor, index) => (tensor.Name, Index: index))
            .Where(tensor => tensor.Name.EndsWith(".momentum", StringComparison.Ordinal))
            .ToDictionary(
                tensor => tensor.Name[..^".momentum".Length],
                tensor => Distance(step.ReadState(tensor.Index), Differences(slow, slow.Get(tensor.Name[..^".momentum".Length]), targets)));
    }

    private static double[] Fill(TrainingStep step, SlowNetwork slow, Graph network, TrainingGraph training, Random random)
    {
        foreach (GraphInitializer parameter in network.Initializers)
            slow.Set(parameter.Name, [.. parameter.Floats.ToArray().Select(value => (double)value)]);
        slow.Set(training.Images.Name, Draw(step.Images, random, -1, 1));
        foreach (GraphTensor mask in training.Masks) slow.Set(mask.Name, Draw(step.Mask(mask.Name), random, 0, 2));
        return Draw(step.Targets, random, 0, 1);
    }

    private static double[] Differences(SlowNetwork slow, double[] parameter, double[] targets)
    {
        double[] gradient = new double[parameter.Length];
        for (int i = 0; i < parameter.Length; i++)
        {
            double value = parameter[i];
            parameter[i] = value + Step;
            double above = slow.Loss(targets);
            parameter[i] = value - Step;
            gradient[i] = (above - slow.Loss(targets)) / (2 * Step);
            parameter[i] = value;
        }

        return gradient;
    }

    private static double Distance(float[] values, double[] expected) =>
        Math.Sqrt(values.Zip(expected, (a, b) => (a - b) * (a - b)).Sum()) / Math.Sqrt(expected.Sum(value => value * value));

    private static double[] Draw(Span<float> values, Random random, double low, double high)
    {
        double[] same = new double[values.Length];
        for (int i = 0; i < values.Length; i++) same[i] = values[i] = (float)(low + ((high - low) * random.NextDouble()));
        return same;
    }
}
