using System.Text.Json;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Graphs.Gradients;

/// <summary>Whole training steps against PyTorch's autograd; golden/make_golden.py says how the vectors were made.</summary>
[TestClass]
public sealed class GoldenStepTests
{
    private const double Tolerance = 1e-3;
    private const int ClassCount = 5;
    private const int BatchSize = 2;
    private const int SampleCount = 64;

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Step_ResNet18WithBatchStatistics_AgreesWithPyTorch(bool forCuda)
    {
        Golden golden = Load("resnet18");
        var draw = new GoldenDraws(golden.Seed);
        var builder = new GraphBuilder("resnet18");
        GraphTensor images = builder.Input("images", new TensorShape("N", 3, 64, 64));
        ResNetArchitecture architecture = ResNetArchitecture.All.Single(one => one.Name == "resnet18");
        GraphTensor features = builder.AddResNet(architecture, images, (layer, x) => builder.Convolution(layer, x, draw.Kernel(layer), draw.Norm(layer)));

        AssertAgrees(golden, builder, features, draw, (forCuda, UsesBatchStatistics: true));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Step_ResNet50StagesThreeAndFour_AgreesWithPyTorch(bool forCuda)
    {
        Golden golden = Load("resnet50-stages-3-4");
        var draw = new GoldenDraws(golden.Seed);
        var builder = new GraphBuilder("resnet50");
        GraphTensor activations = builder.Input("images", new TensorShape("N", 512, 8, 8));
        IEnumerable<ResidualBlock> blocks = ResNetArchitecture.All.Single(one => one.Name == "resnet50").Blocks.Skip(3 + 4);
        GraphTensor features = builder.AddStages(blocks, activations, (layer, x) => builder.Convolution(layer, x, draw.Folded(layer)));

        AssertAgrees(golden, builder, features, draw, (forCuda, UsesBatchStatistics: false));
    }

    private static void AssertAgrees(
        Golden golden, GraphBuilder builder, GraphTensor features, GoldenDraws draw, (bool ForCuda, bool UsesBatchStatistics) way)
    {
        GraphTensor weights = builder.Constant("head.weight", new TensorShape(ClassCount, features.Shape[1]), draw.Next(ClassCount * (int)features.Shape[1].Size, 0.1f).AsSpan());
        builder.Output(builder.Node("head").Gemm(features, weights, builder.Constant("head.bias", new TensorShape(ClassCount), draw.Next(ClassCount, 0.1f).AsSpan())));
        TrainingGraph training = TrainingGraph.Derive(builder.Build(), new TrainingGraphOptions
        {
            BatchSize = BatchSize,
            ForCuda = way.ForCuda,
            UsesBatchStatistics = way.UsesBatchStatistics,
            GroupOf = name => name.EndsWith(ResNet.NoBias, StringComparison.Ordinal) ? null : "all",
            Update = new NesterovUpdate(0),
            LabelSmoothing = 0.1,
        });
        using var step = new TrainingStep(training, ComputeDevice.Cpu, 2);
        draw.At(900, step.Images.Length, 1).CopyTo(step.Images);
        draw.At(901, step.Targets.Length, 0.5f).Select(value => value + 0.5f).ToArray().CopyTo(step.Targets);

        float loss = step.Run(_ => 1);

        Assert.AreEqual(golden.Loss, loss, 1e-4 * golden.Loss);
        foreach (GoldenParameter parameter in golden.Parameters)
        {
            int index = training.State.Index().First(state => state.Item.Name == $"{parameter.Name}.momentum").Index;
            AssertAgrees(parameter, step.ReadState(index));
        }
    }

    private static void AssertAgrees(GoldenParameter expected, float[] gradient)
    {
        double norm = Math.Sqrt(gradient.Sum(value => (double)value * value));
        Assert.AreEqual(expected.Norm, norm, Tolerance * expected.Norm, expected.Name);
        int stride = Math.Max(1, gradient.Length / SampleCount);
        double distance = expected.Samples.Index().Sum(sample => Math.Pow(gradient[sample.Index * stride] - sample.Item, 2));
        double length = expected.Samples.Sum(value => value * value);
        Assert.IsLessThan(Tolerance, Math.Sqrt(distance / length), expected.Name);
    }

    private static Golden Load(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Graphs", "Gradients", "golden", "golden.json");
        return JsonSerializer.Deserialize<Golden[]>(File.ReadAllText(path), JsonSerializerOptions.Web)!.Single(golden => golden.Name == name);
    }

    private sealed record Golden(string Name, int Seed, double Loss, GoldenParameter[] Parameters);

    private sealed record GoldenParameter(string Name, double Norm, double[] Samples);
}
