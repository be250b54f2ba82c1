using System.Runtime.InteropServices;
using ImageTrainer.Backbones;
using ImageTrainer.Graphs;

namespace ImageTrainer.Tests.Quantizing;

/// <summary>Networks that are the same in floats and bad in bytes: one channel between two layers is so large that the others become 0.</summary>
internal static class OutlierNetwork
{
    private const float Factor = 4096;

    /// <summary>Multiplies what conv1 of some blocks gives in its first channel, and divides what conv2 makes of it.</summary>
    public static Backbone From(Backbone backbone, params IReadOnlyList<string> blocks) => backbone.With(backbone.Graph with
    {
        Initializers = [.. backbone.Graph.Initializers.Select(constant => Change(constant, blocks))],
    });

    private static GraphInitializer Change(GraphInitializer constant, IReadOnlyList<string> blocks)
    {
        foreach (string block in blocks)
        {
            int[] shape = [.. constant.Dimensions.Select(size => (int)size)];
            if (constant.Name == $"{block}.conv1.weight") return Scale(constant, i => i < shape[1] * shape[2] * shape[3] ? Factor : 1);
            if (constant.Name == $"{block}.conv1.bias") return Scale(constant, i => i == 0 ? Factor : 1);
            if (constant.Name == $"{block}.conv2.weight") return Scale(constant, i => i / (shape[2] * shape[3]) % shape[1] == 0 ? 1 / Factor : 1);
        }

        return constant;
    }

    private static GraphInitializer Scale(GraphInitializer constant, Func<int, float> factor)
    {
        float[] values = constant.Floats.ToArray();
        for (int i = 0; i < values.Length; i++)
            values[i] *= factor(i);
        var shape = new TensorShape([.. constant.Dimensions.Select(size => (Dimension)size)]);
        return GraphInitializer.FromBytes(new GraphTensor(constant.Name, ElementType.Float, shape), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }
}
