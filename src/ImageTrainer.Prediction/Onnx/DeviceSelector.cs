using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Onnx;

/// <summary>A device and why it was taken.</summary>
/// <param name="Device">The device.</param>
/// <param name="Reason">One clause fit for the console: "the only device ONNX Runtime offers here".</param>
public sealed record DeviceChoice(ComputeDevice Device, string Reason);

/// <summary>Decides where networks run.</summary>
public static class DeviceSelector
{
    private const string CudaProvider = "CUDAExecutionProvider";

    /// <summary>Takes the device that was asked for or, for null, CUDA where it works and else the CPU.</summary>
    /// <param name="requested">A device, or null for "auto".</param>
    /// <returns>The device and why. A GPU that is there but does not work is named in the reason.</returns>
    /// <exception cref="DeviceException">A device was asked for by name and does not work.</exception>
    public static DeviceChoice Choose(ComputeDevice? requested)
    {
        if (requested is { Kind: DeviceKind.Cpu })
            return new DeviceChoice(requested, "asked for");
        if (requested is not null)
            return FindCudaFault(requested) is not { } fault
                ? new DeviceChoice(requested, "asked for")
                : throw new DeviceException(requested, fault);
        if (!OffersCuda())
            return new DeviceChoice(ComputeDevice.Cpu, "ONNX Runtime here offers no GPU");
        var cuda = new ComputeDevice(DeviceKind.Cuda);
        return FindCudaFault(cuda) is { } problem
            ? new DeviceChoice(ComputeDevice.Cpu, $"FALLING BACK from {cuda}: {problem}")
            : new DeviceChoice(cuda, "a GPU is present");
    }

    private static bool OffersCuda() => OnnxEnvironment.Instance.GetAvailableProviders().Contains(CudaProvider);

    private static string? FindCudaFault(ComputeDevice device)
    {
        if (!OffersCuda())
            return "this build of ONNX Runtime has no CUDA provider";
        try
        {
            using var options = new SessionOptions();
            options.AppendExecutionProvider_CUDA(device.Index);
            return null;
        }
        catch (OnnxRuntimeException exception)
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
    }
}
