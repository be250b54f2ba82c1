namespace ImageTrainer.Onnx;

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
