using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace ImageTrainer.Backbones.Weights;

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
