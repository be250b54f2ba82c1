using System.Buffers.Binary;
using System.Text.Json;

namespace ImageTrainer.Tests.Networks;

/// <summary>
/// The ResNet of torchvision written the slow and obvious way, in double precision, BatchNorm on its own, straight from the bytes of a
/// safetensors file: it shares no line with the library.
/// </summary>
internal sealed class SlowResNet
{
    private readonly byte[] _file;
    private readonly JsonElement _header;
    private readonly int _dataStart;

    public SlowResNet(byte[] file)
    {
        _file = file;
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        _dataStart = 8 + headerLength;
        _header = JsonDocument.Parse(file.AsMemory(8, headerLength)).RootElement;
    }

    /// <summary>An image or what a layer makes of it: [C, H, W].</summary>
    private sealed record Map(double[] Values, int Channels, int Height, int Width);

    /// <summary>Logits of one image, RGB bytes [H, W, 3].</summary>
    public double[] Logits(ReadOnlySpan<byte> pixels, int side)
    {
        Map x = MaxPool(Relu(Convolve(Normalize(pixels, side), "conv1", "bn1", (Stride: 2, Padding: 3))));
        for (int stage = 1; stage <= 4; stage++)
        {
            for (int block = 0; Has($"layer{stage}.{block}.conv1.weight"); block++)
                x = Block(x, $"layer{stage}.{block}", stage > 1 && block == 0 ? 2 : 1);
        }

        int area = x.Height * x.Width;
        double[] features = [.. Enumerable.Range(0, x.Channels).Select(c => x.Values.Skip(c * area).Take(area).Average())];
        double[] weights = Read("fc.weight"), biases = Read("fc.bias");
        return [.. biases.Select((bias, k) => bias + features.Select((feature, d) => feature * weights[(k * features.Length) + d]).Sum())];
    }

    private Map Block(Map x, string key, int stride)
    {
        bool isBottleneck = Has($"{key}.conv3.weight");
        Map y = isBottleneck
            ? Relu(Convolve(x, $"{key}.conv1", $"{key}.bn1", (1, 0)))
            : Relu(Convolve(x, $"{key}.conv1", $"{key}.bn1", (stride, 1)));
        y = Convolve(y, $"{key}.conv2", $"{key}.bn2", (isBottleneck ? stride : 1, 1));
        if (isBottleneck)
            y = Convolve(Relu(y), $"{key}.conv3", $"{key}.bn3", (1, 0));
        Map shortcut = Has($"{key}.downsample.0.weight") ? Convolve(x, $"{key}.downsample.0", $"{key}.downsample.1", (stride, 0)) : x;
        return Relu(y with { Values = [.. y.Values.Zip(shortcut.Values, (a, b) => a + b)] });
    }

    private static Map Normalize(ReadOnlySpan<byte> pixels, int side)
    {
        double[] mean = [0.485, 0.456, 0.406], deviation = [0.229, 0.224, 0.225];
        double[] values = new double[3 * side * side];
        for (int i = 0; i < side * side; i++)
        {
            for (int c = 0; c < 3; c++)
                values[(c * side * side) + i] = ((pixels[(i * 3) + c] / 255.0) - mean[c]) / deviation[c];
        }

        return new Map(values, 3, side, side);
    }

    private Map Convolve(Map x, string convolution, string norm, (int Stride, int Padding) step)
    {
        double[] kernel = Read($"{convolution}.weight");
        double[] gamma = Read($"{norm}.weight"), beta = Read($"{norm}.bias");
        double[] mean = Read($"{norm}.running_mean"), variance = Read($"{norm}.running_var");
        int size = _header.GetProperty($"{convolution}.weight").GetProperty("shape")[2].GetInt32();
        int height = ((x.Height + (2 * step.Padding) - size) / step.Stride) + 1;
        int width = ((x.Width + (2 * step.Padding) - size) / step.Stride) + 1;
        double[] y = new double[gamma.Length * height * width];
        Parallel.For(0, gamma.Length, m =>
        {
            Span<double> plane = y.AsSpan(m * height * width, height * width);
            for (int tap = 0; tap < x.Channels * size * size; tap++)
            {
                (int row, int column) = ((tap / size % size) - step.Padding, (tap % size) - step.Padding);
                AddTap(x, plane, width, (tap / (size * size), row, column, step.Stride), kernel[(m * x.Channels * size * size) + tap]);
            }

            foreach (ref double value in plane)
                value = (gamma[m] * (value - mean[m]) / Math.Sqrt(variance[m] + 1e-5)) + beta[m];
        });
        return new Map(y, gamma.Length, height, width);
    }

    private static void AddTap(Map x, Span<double> plane, int width, (int Channel, int Y, int X, int Stride) tap, double weight)
    {
        for (int i = 0; i < plane.Length; i++)
        {
            int row = (i / width * tap.Stride) + tap.Y, column = (i % width * tap.Stride) + tap.X;
            if (row >= 0 && row < x.Height && column >= 0 && column < x.Width)
                plane[i] += weight * x.Values[(((tap.Channel * x.Height) + row) * x.Width) + column];
        }
    }

    private static Map Relu(Map x) => x with { Values = [.. x.Values.Select(value => Math.Max(value, 0))] };

    private static Map MaxPool(Map x)
    {
        int height = ((x.Height - 1) / 2) + 1, width = ((x.Width - 1) / 2) + 1;
        double[] y = new double[x.Channels * height * width];
        for (int i = 0; i < y.Length; i++)
        {
            int channel = i / (height * width), row = i / width % height * 2, column = i % width * 2;
            y[i] = (from r in Enumerable.Range(row - 1, 3)
                    from c in Enumerable.Range(column - 1, 3)
                    where r >= 0 && r < x.Height && c >= 0 && c < x.Width
                    select x.Values[(((channel * x.Height) + r) * x.Width) + c]).Max();
        }

        return new Map(y, x.Channels, height, width);
    }

    private bool Has(string name) => _header.TryGetProperty(name, out _);

    private double[] Read(string name)
    {
        JsonElement entry = _header.GetProperty(name);
        ReadOnlySpan<byte> bytes = _file.AsSpan(
            (_dataStart + entry.GetProperty("data_offsets")[0].GetInt32())..(_dataStart + entry.GetProperty("data_offsets")[1].GetInt32()));
        int size = entry.GetProperty("dtype").GetString() == "F16" ? 2 : 4;
        double[] values = new double[bytes.Length / size];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = size == 2
                ? (double)BinaryPrimitives.ReadHalfLittleEndian(bytes[(2 * i)..])
                : BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * i)..]);
        }

        return values;
    }
}
