using System.Globalization;

namespace ImageTrainer.Models.MLNet.Idv;

/// <summary>The type of a column, as its codec says it: the name of the codec, then its parameters.</summary>
/// <param name="Codec">Name of the codec.</param>
/// <param name="Item">Codec of a vector's or key's items; null for all others.</param>
/// <param name="Dimensions">Dimensions of a vector; empty for all others.</param>
/// <param name="KeyCount">Number of keys; 0 for all others.</param>
internal sealed record IdvType(string Codec, IdvType? Item, IReadOnlyList<int> Dimensions, ulong KeyCount)
{
    internal const string VectorCodec = "VBuffer";
    internal const string KeyCodec = "Key2";
    private const string TextCodec = "TextSpan";

    /// <summary>Text: codec TextSpan, no parameters.</summary>
    public static readonly IdvType Text = Plain(TextCodec);

    /// <summary>32-bit floats: codec Single, no parameters.</summary>
    public static readonly IdvType Single = Plain("Single");

    /// <summary>32-bit unsigned integers: codec UInt32, no parameters.</summary>
    public static readonly IdvType UInt32 = Plain("UInt32");

    /// <summary>Whether it is a vector of text.</summary>
    public bool IsTextVector => Codec == VectorCodec && Item!.Codec == TextCodec;

    /// <summary>A codec without parameters.</summary>
    public static IdvType Plain(string codec) => new(codec, null, [], 0);

    /// <summary>Vectors: codec VBuffer, parameters: inner codec, i32 rank, i32 dimensions.</summary>
    public static IdvType Vector(IdvType item, params IReadOnlyList<int> dimensions) => new(VectorCodec, item, dimensions, 0);

    /// <summary>Keys from 1 to n, 0 for a missing one: codec Key2, parameters: inner codec, u64 n.</summary>
    public static IdvType Key(IdvType item, ulong count) => new(KeyCodec, item, [], count);

    /// <summary>As ML.NET prints types: "Vector&lt;Single, 1, 5&gt;", "Key&lt;UInt32, 5&gt;", "Text".</summary>
    public override string ToString() => Codec switch
    {
        VectorCodec => $"Vector<{string.Join(", ", [Item!.ToString(), .. Dimensions.Select(size => size.ToString(CultureInfo.InvariantCulture))])}>",
        KeyCodec => string.Create(CultureInfo.InvariantCulture, $"Key<{Item}, {KeyCount}>"),
        TextCodec => "Text",
        _ => Codec,
    };
}
