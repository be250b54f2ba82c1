namespace ImageTrainer.Backbones.Weights;

/// <summary>How a weight file writes its numbers, little-endian.</summary>
internal enum WeightElementType
{
    /// <summary>IEEE 754 half precision.</summary>
    Float16,

    /// <summary>The upper half of a single.</summary>
    BFloat16,

    /// <summary>IEEE 754 single precision.</summary>
    Float32,

    /// <summary>IEEE 754 double precision, rounded to single when read.</summary>
    Float64,

    /// <summary>Whole numbers or truth values, which no network here reads: batch counters and the like.</summary>
    Other,
}
