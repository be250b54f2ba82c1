using System.Globalization;

namespace ImageTrainer.Onnx;

/// <summary>The kinds of device a network runs on.</summary>
public enum DeviceKind
{
    /// <summary>All cores of the processor.</summary>
    Cpu,

    /// <summary>One NVIDIA GPU, through ONNX Runtime's CUDA provider.</summary>
    Cuda,
}

/// <summary>One device a network runs on.</summary>
/// <param name="Kind">CPU or CUDA.</param>
/// <param name="Index">Number of the GPU, from 0; 0 for the CPU.</param>
public sealed record ComputeDevice(DeviceKind Kind, int Index = 0)
{
    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu { get; } = new(DeviceKind.Cpu);

    /// <summary>Reads "cpu", "cuda" or "cuda:N"; null for "auto", which leaves the choice to <see cref="DeviceSelector"/>.</summary>
    /// <exception cref="ArgumentException">The text is none of these.</exception>
    public static ComputeDevice? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out ComputeDevice? device)
            ? device
            : throw new ArgumentException($"'{text}' is not a device; write auto, cpu, cuda or cuda:N.", nameof(text));
    }

    /// <summary>Gives "cpu" or "cuda:N".</summary>
    public override string ToString() => Kind == DeviceKind.Cpu ? "cpu" : string.Create(CultureInfo.InvariantCulture, $"cuda:{Index}");

    /// <summary>Reads what <see cref="Parse"/> does; false, and null for the device, where the text is no device.</summary>
    internal static bool TryParse(string text, out ComputeDevice? device)
    {
        bool hasIndex = text.StartsWith("cuda:", StringComparison.Ordinal);
        int index = 0;
        bool isKnown = hasIndex
            ? int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out index)
            : text is "auto" or "cpu" or "cuda";
        device = !isKnown || text is "auto" ? null : text is "cpu" ? Cpu : new ComputeDevice(DeviceKind.Cuda, index);
        return isKnown;
    }
}
