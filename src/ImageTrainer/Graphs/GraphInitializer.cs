using System.Runtime.InteropServices;
using Google.Protobuf;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Graphs;

/// <summary>A constant tensor of a graph, in the form it has in the file. Nobody writes to its data once made.</summary>
internal sealed class GraphInitializer
{
    private GraphInitializer(TensorProto proto) => Proto = proto;

    /// <summary>Name of the tensor.</summary>
    public string Name => Proto.Name;

    /// <summary>Type of its elements.</summary>
    public ElementType ElementType => (ElementType)Proto.DataType;

    /// <summary>Sizes of its axes.</summary>
    public IReadOnlyList<long> Dimensions => Proto.Dims;

    /// <summary>The tensor as it is written.</summary>
    internal TensorProto Proto { get; }

    /// <summary>Elements of a float tensor, row-major, without a copy.</summary>
    /// <exception cref="InvalidOperationException">The elements are not floats, or not kept as raw bytes.</exception>
    public ReadOnlySpan<float> Floats => ElementType == ElementType.Float && Proto.HasRawData
        ? MemoryMarshal.Cast<byte, float>(Proto.RawData.Span)
        : throw new InvalidOperationException($"Initializer '{Name}' does not hold raw floats.");

    /// <summary>Wraps little-endian bytes without copying them: a ResNet-152 is 240 MB.</summary>
    /// <param name="tensor">Name, type and fixed shape.</param>
    /// <param name="data">Elements, row-major, little-endian.</param>
    public static GraphInitializer FromBytes(GraphTensor tensor, ReadOnlyMemory<byte> data) => new(new TensorProto
    {
        Name = tensor.Name,
        DataType = (int)tensor.ElementType,
        Dims = { tensor.Shape.Dimensions.Select(dimension => dimension.Size) },
        RawData = UnsafeByteOperations.UnsafeWrap(data),
    });

    /// <summary>Takes a tensor of a foreign file as it is; floats that are written one by one are put into raw bytes, as ours are.</summary>
    public static GraphInitializer FromProto(TensorProto proto)
    {
        if (proto.DataType != (int)ElementType.Float || proto.HasRawData || proto.FloatData.Count == 0) return new(proto);
        float[] values = [.. proto.FloatData];
        ReadOnlyMemory<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        return new(new TensorProto { Name = proto.Name, DataType = proto.DataType, Dims = { proto.Dims }, RawData = UnsafeByteOperations.UnsafeWrap(bytes) });
    }
}
