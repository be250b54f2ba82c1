using System.Diagnostics.CodeAnalysis;
using ImageTrainer.Models;

namespace ImageTrainer.Training;

/// <summary>The arithmetic a model computes in, and why.</summary>
/// <param name="Precision"><see cref="NetworkPrecision.Fp32"/> or <see cref="NetworkPrecision.Int8"/>.</param>
/// <param name="Reason">One clause fit for the console.</param>
/// <param name="Quantization">How the network was quantized; null where it computes in fp32.</param>
public sealed record PrecisionChoice(NetworkPrecision Precision, string Reason, QuantizationRecord? Quantization = null)
{
    /// <summary>"fp32" or "int8", as manifests have it.</summary>
    public string Name => Precision == NetworkPrecision.Int8 ? "int8" : "fp32";
}

/// <summary>The arithmetic that a network computes in.</summary>
public enum NetworkPrecision
{
    /// <summary>8-bit integers on the CPU where they are found to be as accurate as floats, else floats.</summary>
    Auto,

    /// <summary>32-bit floats.</summary>
    Fp32,

    /// <summary>8-bit integers, whatever the comparison with floats says.</summary>
    [SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "It is the field's own word.")]
    Int8,
}
