using System.Collections.Immutable;

namespace ImageTrainer.Graphs;

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

    /// <summary>The shape with one axis replaced.</summary>
    public TensorShape With(int axis, Dimension dimension) => new(Dimensions.SetItem(axis, dimension));

    /// <inheritdoc/>
    public bool Equals(TensorShape? other) => other is not null && Dimensions.SequenceEqual(other.Dimensions);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TensorShape);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (Dimension dimension in Dimensions)
            hash.Add(dimension);
        return hash.ToHashCode();
    }

    /// <summary>"[N, 3, 224, 224]".</summary>
    public override string ToString() => $"[{string.Join(", ", Dimensions)}]";
}
