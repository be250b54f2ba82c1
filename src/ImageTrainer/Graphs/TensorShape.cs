using System.Collections.Immutable;
using System.Globalization;

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

/// <summary>One axis of a tensor: a fixed size, or a symbol such as N that stands for the same size wherever it appears.</summary>
internal readonly record struct Dimension
{
    private Dimension(long size, string? symbol) => (Size, Symbol) = (size, symbol);

    /// <summary>The fixed size, 1 or more; 0 where the dimension is a symbol.</summary>
    public long Size { get; }

    /// <summary>The symbol, or null where the size is fixed.</summary>
    public string? Symbol { get; }

    /// <summary>Makes a fixed dimension.</summary>
    public static implicit operator Dimension(long size) => size < 1
        ? throw new ArgumentOutOfRangeException(nameof(size), size, "A fixed dimension is 1 or more.")
        : new Dimension(size, null);

    /// <summary>Makes a symbolic dimension.</summary>
    public static implicit operator Dimension(string symbol)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        return new Dimension(0, symbol);
    }

    /// <summary>The size or the symbol.</summary>
    public override string ToString() => Symbol ?? Size.ToString(CultureInfo.InvariantCulture);
}

/// <summary>The axes of a tensor, outermost first: [N, 3, 224, 224]. No axes: a scalar. Equal when every axis is.</summary>
internal sealed class TensorShape : IEquatable<TensorShape>
{
    /// <summary>Takes the axes in order; numbers are fixed, strings symbols.</summary>
    public TensorShape(params ImmutableArray<Dimension> dimensions) => Dimensions = dimensions;

    /// <summary>The axes in order.</summary>
    public ImmutableArray<Dimension> Dimensions { get; }

    /// <summary>Number of axes.</summary>
    public int Rank => Dimensions.Length;

    /// <summary>Number of elements, or null where an axis is a symbol.</summary>
    public long? ElementCount => Dimensions.Any(dimension => dimension.Symbol is not null)
        ? null
        : Dimensions.Aggregate(1L, (product, dimension) => checked(product * dimension.Size));

    /// <summary>One axis; 0 is the outermost.</summary>
    public Dimension this[int axis] => Dimensions[axis];

    /// <summary>Fixed sizes as a shape.</summary>
    public static TensorShape Of(ReadOnlySpan<long> sizes)
    {
        var dimensions = ImmutableArray.CreateBuilder<Dimension>(sizes.Length);
        foreach (long size in sizes) dimensions.Add(size);
        return new TensorShape(dimensions.MoveToImmutable());
    }

    /// <summary>The shape with one axis replaced.</summary>
    public TensorShape With(int axis, Dimension dimension) => new(Dimensions.SetItem(axis, dimension));

    /// <summary>
    /// The shape of a sum: sizes of 1 are stretched, axes that are missing on the left are of size 1 (ONNX: multidirectional broadcasting,
    /// as NumPy does it). Null where the shapes do not go together.
    /// </summary>
    public TensorShape? BroadcastWith(TensorShape other)
    {
        int rank = Math.Max(Rank, other.Rank);
        var dimensions = ImmutableArray.CreateBuilder<Dimension>(rank);
        for (int fromRight = rank; fromRight > 0; fromRight--)
        {
            Dimension left = fromRight > Rank ? 1 : Dimensions[^fromRight];
            Dimension right = fromRight > other.Rank ? 1 : other.Dimensions[^fromRight];
            if (left != right && left.Size != 1 && right.Size != 1) return null;
            dimensions.Add(left.Size == 1 ? right : left);
        }

        return new TensorShape(dimensions.MoveToImmutable());
    }

    /// <inheritdoc/>
    public bool Equals(TensorShape? other) => other is not null && Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorShape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (Dimension dimension in Dimensions) hash.Add(dimension);
        return hash.ToHashCode();
    }

    /// <summary>"[N, 3, 224, 224]".</summary>
    public override string ToString() => $"[{string.Join(", ", Dimensions)}]";
}
