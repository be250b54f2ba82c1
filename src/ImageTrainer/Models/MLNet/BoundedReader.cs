using System.Buffers.Binary;
using System.Text;

namespace ImageTrainer.Models.MLNet;

/// <summary>Reads little-endian values from bytes that anybody may have made: no count is believed that the bytes left cannot hold.</summary>
/// <param name="bytes">The bytes.</param>
internal class BoundedReader(ReadOnlyMemory<byte> bytes)
{
    /// <summary>Offset of the next byte.</summary>
    public int Position { get; private set; }

    /// <summary>Number of bytes not read yet.</summary>
    public int Remaining => bytes.Length - Position;

    /// <exception cref="InvalidDataException">The bytes have ended; so for every method here.</exception>
    public byte ReadByte() => Take(sizeof(byte))[0];

    /// <inheritdoc cref="ReadByte"/>
    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <inheritdoc cref="ReadByte"/>
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <inheritdoc cref="ReadByte"/>
    public float ReadSingle() => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));

    /// <summary>Reads an i32 that counts what follows.</summary>
    /// <param name="elementSize">Least number of bytes that each of them takes.</param>
    /// <exception cref="InvalidDataException">The count is negative or larger than the bytes left can hold.</exception>
    public int ReadCount(int elementSize) => (int)Checked(ReadInt32(), elementSize);

    /// <summary>Reads i32 n, then n x i32.</summary>
    /// <inheritdoc cref="ReadCount"/>
    public int[] ReadInt32s()
    {
        var values = new int[ReadCount(sizeof(int))];
        for (int i = 0; i < values.Length; i++) values[i] = ReadInt32();
        return values;
    }

    /// <summary>Reads an unsigned LEB128 number that counts the bytes that follow.</summary>
    /// <inheritdoc cref="ReadCount"/>
    public int ReadLength() => (int)Checked(ReadLeb(), sizeof(byte));

    /// <summary>Reads an unsigned LEB128 number: seven bits a byte, the lowest first, the top bit set in all bytes but the last.</summary>
    /// <exception cref="InvalidDataException">It is over 63 bits long.</exception>
    public long ReadLeb()
    {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte part = ReadByte();
            value |= (long)(part & 0x7F) << shift;
            if (part < 0x80) return value;
        }

        throw new InvalidDataException("a number that does not end");
    }

    /// <summary>Reads an LEB128 length in bytes, then UTF-8.</summary>
    /// <inheritdoc cref="ReadCount"/>
    public string ReadText() => Encoding.UTF8.GetString(Take(ReadLength()));

    /// <summary>Reads bytes.</summary>
    /// <exception cref="InvalidDataException">There are not as many left.</exception>
    public byte[] ReadBytes(long count) => Take(count).ToArray();

    /// <summary>Goes to an offset.</summary>
    /// <exception cref="InvalidDataException">It lies outside.</exception>
    public void Seek(long offset)
    {
        if (offset < 0 || offset > bytes.Length) throw new InvalidDataException($"an offset of {offset} in {bytes.Length} bytes");
        Position = (int)offset;
    }

    /// <summary>Passes over what is left.</summary>
    public void SkipToEnd() => Seek(bytes.Length);

    /// <summary>Checks that nothing is left.</summary>
    /// <exception cref="InvalidDataException">Bytes are left.</exception>
    public void RequireEnd()
    {
        if (Remaining > 0) throw new InvalidDataException($"{Remaining} bytes too many");
    }

    private ReadOnlySpan<byte> Take(long count)
    {
        ReadOnlySpan<byte> taken = bytes.Span.Slice(Position, (int)Checked(count, sizeof(byte)));
        Position += taken.Length;
        return taken;
    }

    private long Checked(long count, int elementSize) => count >= 0 && count <= Remaining / elementSize
        ? count
        : throw new InvalidDataException($"a count of {count} where {Remaining} bytes are left");
}
