using ImageTrainer.Networks;

namespace ImageTrainer.Tests.Graphs.Gradients;

/// <summary>The numbers of golden/make_golden.py: SplitMix64 from a seed and the number of the tensor.</summary>
internal sealed class GoldenDraws(int seed)
{
    private int _count;

    /// <summary>The next parameter: even numbers from offset - bound to offset + bound.</summary>
    public float[] Next(int length, float bound, float offset = 0) => [.. At(++_count, length, bound).Select(value => value + offset)];

    /// <summary>A tensor of a given number.</summary>
    public float[] At(int number, int length, float bound)
    {
        ulong origin = unchecked((ulong)((seed * 1000) + number) * 0x9E3779B97F4A7C15);
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            ulong z = unchecked(origin + ((ulong)(i + 1) * 0xD1342543DE82EF95));
            z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
            z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
            z ^= z >> 31;
            float unit = (float)(z >> 40) / (1 << 24);
            values[i] = ((unit * 2) - 1) * bound;
        }

        return values;
    }

    public float[] Kernel(ConvolutionLayer layer)
    {
        int fanIn = layer.Channels.Input * layer.KernelSize * layer.KernelSize;
        return Next(layer.Channels.Output * fanIn, (float)Math.Sqrt(6.0 / fanIn));
    }

    public BatchNormalization Norm(ConvolutionLayer layer)
    {
        int channels = layer.Channels.Output;
        return new BatchNormalization(Next(channels, 0.25f, 1), Next(channels, 0.25f), new float[channels], [.. Enumerable.Repeat(1f, channels)]);
    }

    public FoldedConvolution Folded(ConvolutionLayer layer)
    {
        byte[] kernel = System.Runtime.InteropServices.MemoryMarshal.AsBytes(Kernel(layer).AsSpan()).ToArray();
        return new FoldedConvolution(kernel, Next(layer.Channels.Output, 0.1f));
    }
}
