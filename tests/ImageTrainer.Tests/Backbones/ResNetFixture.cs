using ImageTrainer.Backbones.Weights;
using ImageTrainer.Networks;

namespace ImageTrainer.Tests.Backbones;

/// <summary>A tensor to be written into a weight file.</summary>
internal sealed record FixtureTensor(string Name, long[] Shape, float[] Values);

/// <summary>Tensors of ResNets with made-up weights that keep activations at an ordinary size.</summary>
internal static class ResNetFixture
{
    public const int ClassCount = 7;

    private static readonly Lazy<FixtureTensor[]> Shared = new(() => Make("resnet10", 1));

    /// <summary>A ResNet-10 with a head of seven classes; nobody writes to it.</summary>
    public static FixtureTensor[] ResNet10 => Shared.Value;

    public static FixtureTensor[] Make(string architecture, int seed)
    {
        ResNetArchitecture network = ResNetArchitecture.Find(architecture)!;
        var random = new Random(seed);
        return
        [
            .. ResNetTensors.Expected(network).Select(tensor => Fill(tensor.Key, tensor.Shape, random)),
            Fill("fc.weight", [ClassCount, network.FeatureCount], random),
            Fill("fc.bias", [ClassCount], random),
        ];
    }

    private static FixtureTensor Fill(string key, long[] shape, Random random)
    {
        double spread = shape.Length == 4 ? Math.Sqrt(3.0 / (shape[1] * shape[2] * shape[3])) : 0.1;
        bool isScale = key.EndsWith(".weight", StringComparison.Ordinal) && shape.Length == 1;
        bool isPositive = isScale || key.EndsWith("running_var", StringComparison.Ordinal);
        float[] values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)((isPositive ? 1 : 0) + (spread * ((2 * random.NextDouble()) - 1)));
        return new FixtureTensor(key, shape, values);
    }
}
