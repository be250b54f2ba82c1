using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Onnx;

/// <summary>Accepts the texts that <see cref="ComputeDevice.Parse"/> reads.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DeviceNameAttribute() : ValidationAttribute("The field {0} must be auto, cpu, cuda or cuda:N.")
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is string text && ComputeDevice.TryParse(text, out _);
}
