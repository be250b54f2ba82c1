using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ImageTrainer.Backbones.Weights;

/// <summary>The floating-point tensors of a weight file by name.</summary>
internal sealed class WeightSet
{
    private readonly Dictionary<string, WeightTensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Starts an empty set.</summary>
    /// <param name="file">The file the tensors lie in.</param>
    public WeightSet(WeightFile file) => File = file;

    /// <summary>The file the tensors lie in.</summary>
    public WeightFile File { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, WeightTensor> Tensors => _tensors;

    /// <summary>Adds a tensor.</summary>
    /// <exception cref="BackboneException">There is one of that name already.</exception>
    public void Add(WeightTensor tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
            throw File.Fault($"the tensor '{tensor.Name}' is there twice");
    }

    /// <summary>The tensors whose names start with a prefix, under the rest of their names.</summary>
    public WeightSet Under(string prefix)
    {
        var part = new WeightSet(File);
        foreach (WeightTensor tensor in _tensors.Values.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)))
            part.Add(tensor with { Name = tensor.Name[prefix.Length..] });
        return part;
    }

    /// <summary>Reads one tensor, row-major.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="BackboneException">It cannot be read, or holds numbers that are not finite.</exception>
    public float[] Read(string name)
    {
        WeightTensor tensor = _tensors[name];
        float[] values = new float[tensor.ElementCount];
        tensor.Read(File, values);
        return values;
    }
}

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

/// <summary>Checks sizes read from a file before anyone trusts them.</summary>
internal static class TensorExtent
{
    private const int MaxRank = 8;

    /// <summary>Number of elements, or null where a size is negative, there are over 8 axes, or the product passes 2^31 - 1.</summary>
    public static int? ElementCount(IReadOnlyCollection<long> shape)
    {
        if (shape.Count > MaxRank || shape.Any(size => size is < 0 or > int.MaxValue))
            return null;
        Int128 count = 1;
        foreach (long size in shape)
            count *= size;
        return count <= int.MaxValue ? (int)count : null;
    }

    /// <summary>Whether the elements a strided tensor reaches are exactly as many as it has: row-major or permuted, no holes, no repeats.</summary>
    public static bool IsDense(ImmutableArray<long> shape, ImmutableArray<long> strides)
    {
        if (strides.Length != shape.Length)
            return false;
        long expected = 1;
        foreach (int axis in Enumerable.Range(0, shape.Length).Where(axis => shape[axis] != 1).OrderBy(axis => strides[axis]))
        {
            if (strides[axis] != expected)
                return false;
            expected *= shape[axis];
        }

        return true;
    }
}

/// <summary>Turns the numbers of a weight file into floats.</summary>
internal static class FloatDecoder
{
    private const int ChunkLength = 1 << 16;

    /// <summary>Bytes one element takes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The elements are not floating-point numbers.</exception>
    public static int ByteCount(this WeightElementType type) => type switch
    {
        WeightElementType.Float16 or WeightElementType.BFloat16 => sizeof(ushort),
        WeightElementType.Float32 => sizeof(float),
        WeightElementType.Float64 => sizeof(double),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only floating-point numbers are read."),
    };

    /// <summary>Reads consecutive elements.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Position of the first element in bytes.</param>
    /// <param name="type">How they are written.</param>
    /// <param name="destination">Where the floats go.</param>
    /// <exception cref="BackboneException">The file does not have that many bytes there.</exception>
    public static void Read(WeightFile file, long offset, WeightElementType type, Span<float> destination)
    {
        if (type == WeightElementType.Float32)
        {
            file.Read(offset, MemoryMarshal.AsBytes(destination));
            return;
        }

        int size = type.ByteCount();
        byte[] buffer = new byte[Math.Min(ChunkLength, destination.Length) * size];
        while (!destination.IsEmpty)
        {
            Span<float> part = destination[..Math.Min(ChunkLength, destination.Length)];
            Span<byte> bytes = buffer.AsSpan(0, part.Length * size);
            file.Read(offset, bytes);
            Decode(bytes, type, part);
            offset += bytes.Length;
            destination = destination[part.Length..];
        }
    }

    private static void Decode(ReadOnlySpan<byte> bytes, WeightElementType type, Span<float> destination)
    {
        if (type == WeightElementType.Float16)
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), destination);
        else if (type == WeightElementType.Float64)
            TensorPrimitives.ConvertTruncating(MemoryMarshal.Cast<byte, double>(bytes), destination);
        else
            DecodeBFloat16(MemoryMarshal.Cast<byte, ushort>(bytes), destination);
    }

    private static void DecodeBFloat16(ReadOnlySpan<ushort> halves, Span<float> destination)
    {
        for (int i = 0; i < halves.Length; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
    }
}
