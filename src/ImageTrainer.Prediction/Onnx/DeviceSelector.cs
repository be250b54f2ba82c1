namespace ImageTrainer.Onnx;

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
