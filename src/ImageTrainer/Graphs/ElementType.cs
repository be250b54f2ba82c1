namespace ImageTrainer.Graphs;

/// <summary>Type of a tensor's elements. The numbers are ONNX's; types not listed here keep theirs when a foreign file is read.</summary>
internal enum ElementType
{
    /// <summary>Not recorded.</summary>
    Undefined = 0,

    /// <summary>IEEE 754 single precision.</summary>
    Float = 1,

    /// <summary>0..255.</summary>
    UInt8 = 2,

    /// <summary>-128..127.</summary>
    Int8 = 3,

    /// <summary>32-bit integer.</summary>
    Int32 = 6,

    /// <summary>64-bit integer: shapes and indices.</summary>
    Int64 = 7,

    /// <summary>True or false.</summary>
    Bool = 9,

    /// <summary>IEEE 754 half precision.</summary>
    Float16 = 10,
}
