using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Where a tensor lies in a weight file. Its numbers are read when asked for. Made only for ranges that lie in the file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="ElementType">How its numbers are written; never <see cref="WeightElementType.Other"/>.</param>
/// <param name="Shape">Sizes of its axes, outermost first; the product is at most 2^31 - 1.</param>
/// <param name="Strides">Elements from one index to the next on each axis; row-major, unless the file was saved otherwise.</param>
/// <param name="Offset">Position of the first element in the file, in bytes.</param>
internal sealed record WeightTensor(
    string Name, WeightElementType ElementType, ImmutableArray<long> Shape, ImmutableArray<long> Strides, long Offset)
{
    /// <summary>Number of elements.</summary>
    public int ElementCount => (int)Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>"[64, 3, 7, 7]".</summary>
    public string ShapeText => ToText(Shape);

    /// <summary>Writes a shape the way messages show it.</summary>
    public static string ToText(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>Strides of a row-major tensor.</summary>
    public static ImmutableArray<long> RowMajor(ReadOnlySpan<long> shape)
    {
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= shape[axis];
        }

        return [.. strides];
    }

    /// <summary>Reads all elements, row-major, whatever their order in the file.</summary>
    /// <param name="file">The file the tensor was found in.</param>
    /// <param name="destination">[<see cref="ElementCount"/>].</param>
    /// <exception cref="BackboneException">The file cannot be read, or holds numbers that are not finite.</exception>
    public void Read(WeightFile file, Span<float> destination)
    {
        if (IsRowMajor)
            FloatDecoder.Read(file, Offset, ElementType, destination);
        else
            Gather(file, destination);
        // A tensor that holds no number has it for its greatest.
        if (destination.Length > 0 && !float.IsFinite(TensorPrimitives.MaxMagnitude<float>(destination)))
            throw file.Fault($"the tensor '{Name}' holds numbers that are infinite or no numbers at all");
    }

    private bool IsRowMajor
    {
        get
        {
            ImmutableArray<long> rowMajor = RowMajor(Shape.AsSpan());
            return Enumerable.Range(0, Shape.Length).All(axis => Shape[axis] == 1 || Strides[axis] == rowMajor[axis]);
        }
    }

    // Networks saved in PyTorch's channels-last layout have their strides permuted, but no holes: as many elements lie between the
    // first and the last as the tensor has.
    private void Gather(WeightFile file, Span<float> destination)
    {
        float[] stored = new float[ElementCount];
        FloatDecoder.Read(file, Offset, ElementType, stored);
        long[] index = new long[Shape.Length];
        for (int i = 0; i < destination.Length; i++)
        {
            long position = 0;
            for (int axis = 0; axis < index.Length; axis++)
                position += index[axis] * Strides[axis];
            destination[i] = stored[position];
            for (int axis = index.Length - 1; axis >= 0 && ++index[axis] == Shape[axis]; axis--)
                index[axis] = 0;
        }
    }
}
