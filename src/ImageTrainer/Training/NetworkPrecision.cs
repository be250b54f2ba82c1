using System.Diagnostics.CodeAnalysis;

namespace ImageTrainer.Training;

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
