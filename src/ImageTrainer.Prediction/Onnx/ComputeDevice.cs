using System.ComponentModel.DataAnnotations;
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

/// <summary>A device and why it was taken.</summary>
/// <param name="Device">The device.</param>
/// <param name="Reason">One clause fit for the console: "the only device ONNX Runtime offers here".</param>
public sealed record DeviceChoice(ComputeDevice Device, string Reason);

/// <summary>Decides where networks run.</summary>
public static class DeviceSelector
{
    /// <summary>Takes the device that was asked for or, for null, CUDA where it works and else the CPU.</summary>
    /// <param name="requested">A device, or null for "auto".</param>
    /// <returns>The device and why. A GPU that is there but does not work is named in the reason.</returns>
    /// <exception cref="DeviceException">A device was asked for by name and does not work; the message says what is missing.</exception>
    public static DeviceChoice Choose(ComputeDevice? requested)
    {
        if (requested is { Kind: DeviceKind.Cpu })
            return new DeviceChoice(requested, "asked for");
        if (requested is not null)
            return CudaProvider.FindFault(requested.Index) is not { } fault
                ? new DeviceChoice(requested, "asked for")
                : throw new DeviceException(requested, fault);
        if (!CudaProvider.IsInstalled)
            return new DeviceChoice(ComputeDevice.Cpu, "ONNX Runtime here offers no GPU");
        var cuda = new ComputeDevice(DeviceKind.Cuda);
        return CudaProvider.FindFault(cuda.Index) is { } problem
            ? new DeviceChoice(ComputeDevice.Cpu, $"FALLING BACK from {cuda}: {problem}")
            : new DeviceChoice(cuda, "a GPU is present");
    }
}

/// <summary>The device that was asked for by name cannot be used.</summary>
public sealed class DeviceException : ImageTrainerException
{
    /// <summary>Describes one unusable device.</summary>
    /// <param name="device">The device that was asked for.</param>
    /// <param name="reason">One clause without a full stop.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public DeviceException(ComputeDevice device, string reason, Exception? innerException = null)
        : base($"Cannot run on {device}: {reason}. Use --device cpu, or auto to take what works.", innerException) => Device = device;

    /// <summary>The device that was asked for.</summary>
    public ComputeDevice Device { get; }
}

/// <summary>Accepts the texts that <see cref="ComputeDevice.Parse"/> reads.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DeviceNameAttribute() : ValidationAttribute("The field {0} must be auto, cpu, cuda or cuda:N.")
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is string text && ComputeDevice.TryParse(text, out _);
}
