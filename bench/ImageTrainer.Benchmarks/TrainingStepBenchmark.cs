using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Benchmarks;

/// <summary>Steps of training against the same steps in PyTorch, in turn; weights and images are drawn.</summary>
internal static class TrainingStepBenchmark
{
    private const int ClassCount = 6;

    private static readonly Argument<string> Case = new("case") { Description = "stage4: ResNet-50's last stage; resnet18: the whole, 64 px, batch statistics." };
    private static readonly Option<int> BatchSize = new("--batch") { DefaultValueFactory = _ => 8 };
    private static readonly Option<int> Steps = new("--steps") { DefaultValueFactory = _ => 4, Description = "Steps of a round." };
    private static readonly Option<int> RoundCount = new("--rounds") { DefaultValueFactory = _ => 5 };
    private static readonly Option<int> Threads = new("--threads") { DefaultValueFactory = _ => Environment.ProcessorCount };
    private static readonly Option<string?> Python = new("--python") { Description = "A Python with PyTorch; without it there is nothing to compare with." };
    private static readonly Option<int> Soak = new("--soak") { Description = "Steps to run while memory is watched." };

    public static Command Create()
    {
        var command = new Command("training-step", "Training steps against PyTorch's.") { Case, BatchSize, Steps, RoundCount, Threads, Python, Soak };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        (string name, int batchSize, int stepCount) = (result.GetRequiredValue(Case), result.GetValue(BatchSize), result.GetValue(Steps));
        TrainingGraph graph = name == "stage4" ? Stage4(batchSize) : ResNet18(batchSize);
        using var step = new TrainingStep(graph, ComputeDevice.Cpu, result.GetValue(Threads));
        Fill(step);
        if (result.GetValue(Soak) is > 0 and var soak) Watch(step, soak);
        void Ours()
        {
            for (int i = 0; i < stepCount; i++) step.Run(_ => 1e-4f);
        }

        if (result.GetValue(Python) is not { } python)
        {
            Rounds.Run(result.GetValue(RoundCount), batchSize * stepCount, ("ImageTrainer", Ours));
            return;
        }

        using var torch = new PyTorchSteps(python, name, batchSize, stepCount, result.GetValue(Threads));
        Rounds.Run(result.GetValue(RoundCount), batchSize * stepCount, ("PyTorch", torch.Run), ("ImageTrainer", Ours));
    }

    private static void Watch(TrainingStep step, int count)
    {
        for (int i = 1; i <= count; i++)
        {
            step.Run(_ => 1e-4f);
            if (i % 100 != 0 && i != 10) continue;
            using var process = Process.GetCurrentProcess();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {i}: {process.WorkingSet64 / 1e6:0} MB"));
        }
    }

    private static void Fill(TrainingStep step)
    {
        var random = new Random(1);
        foreach (ref float value in step.Images) value = random.NextSingle();
        for (int i = 0; i < step.Targets.Length; i += ClassCount) step.Targets[i + random.Next(ClassCount)] = 1;
    }

    private static TrainingGraph Stage4(int batchSize)
    {
        var builder = new GraphBuilder("stage4");
        GraphTensor activations = builder.Input("activations", new TensorShape("N", 1024, 14, 14));
        IEnumerable<ResidualBlock> blocks = ResNetArchitecture.All.Single(one => one.Name == "resnet50").Blocks.Skip(3 + 4 + 6);
        GraphTensor features = builder.AddStages(blocks, activations, (layer, x) => builder.Convolution(layer, x, new FoldedConvolution(
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(Kernel(layer).AsSpan()).ToArray(), new float[layer.Channels.Output])));
        return Derive(builder, features, batchSize, usesBatchStatistics: false);
    }

    private static TrainingGraph ResNet18(int batchSize)
    {
        var builder = new GraphBuilder("resnet18");
        GraphTensor images = builder.Input("images", new TensorShape("N", 3, 64, 64));
        ResNetArchitecture architecture = ResNetArchitecture.All.Single(one => one.Name == "resnet18");
        GraphTensor features = builder.AddResNet(architecture, images, (layer, x) => builder.Convolution(layer, x, Kernel(layer), Norm(layer)));
        return Derive(builder, features, batchSize, usesBatchStatistics: true);
    }

    private static TrainingGraph Derive(GraphBuilder builder, GraphTensor features, int batchSize, bool usesBatchStatistics)
    {
        GraphTensor weights = builder.Constant("head.weight", new TensorShape(ClassCount, features.Shape[1]), new float[ClassCount * features.Shape[1].Size].AsSpan());
        builder.Output(builder.Node("head").Gemm(features, weights, builder.Constant("head.bias", new TensorShape(ClassCount), new float[ClassCount].AsSpan())));
        return TrainingGraph.Derive(builder.Build(), new TrainingGraphOptions
        {
            BatchSize = batchSize,
            GroupOf = parameter => parameter.EndsWith(ResNet.NoBias, StringComparison.Ordinal) ? null : "all",
            LabelSmoothing = 0.1,
            WeightDecay = 5e-4,
            UsesBatchStatistics = usesBatchStatistics,
        });
    }

    private static float[] Kernel(ConvolutionLayer layer)
    {
        var random = new Random(layer.Name.Length + layer.Channels.Output);
        int fanIn = layer.Channels.Input * layer.KernelSize * layer.KernelSize;
        double bound = Math.Sqrt(3.0 / fanIn);
        return [.. Enumerable.Range(0, layer.Channels.Output * fanIn).Select(_ => (float)(bound * ((2 * random.NextDouble()) - 1)))];
    }

    private static BatchNormalization Norm(ConvolutionLayer layer)
    {
        int channels = layer.Channels.Output;
        float[] ones = [.. Enumerable.Repeat(1f, channels)];
        return new BatchNormalization(ones, new float[channels], new float[channels], ones);
    }
}
