using System.Buffers.Binary;
using System.Text;

namespace ImageTrainer.Backbones.Weights;

/// <summary>The bytes of a pickle, one after the other.</summary>
/// <param name="file">The file it lies in.</param>
/// <param name="start">Position of its first byte.</param>
/// <param name="end">Position after the last byte it may reach.</param>
internal sealed class PickleInput(WeightFile file, long start, long end)
{
    // Far above any tensor's name: no string of a damaged file is worth more memory.
    private const int MaxStringLength = 1 << 16;
    private const int BufferLength = 1 << 14;

    private byte[] _buffer = [];
    private long _bufferStart = start;

    /// <summary>Position in the file of the next byte.</summary>
    public long Position { get; private set; } = start;

    /// <summary>The next byte.</summary>
    /// <exception cref="BackboneException">The pickle ends here.</exception>
    public byte ReadByte()
    {
        long index = Position - _bufferStart;
        if (index >= _buffer.Length)
        {
            Fill();
            index = 0;
        }

        Position++;
        return _buffer[index];
    }

    /// <summary>The next bytes.</summary>
    /// <exception cref="BackboneException">The pickle ends before, or there are over 65,536.</exception>
    public byte[] ReadBytes(long count)
    {
        if (count is < 0 or > MaxStringLength || count > end - Position)
            throw file.Fault($"its pickle has an entry of {count} bytes at position {Position}, more than there are or than {MaxStringLength}");
        byte[] bytes = new byte[count];
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] = ReadByte();
        return bytes;
    }

    /// <summary>The next 2 bytes as a number.</summary>
    public long ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(ReadBytes(sizeof(ushort)));

    /// <summary>The next 4 bytes as a signed number.</summary>
    public long ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(ReadBytes(sizeof(int)));

    /// <summary>The next 8 bytes as a signed number.</summary>
    public long ReadInt64() => BinaryPrimitives.ReadInt64LittleEndian(ReadBytes(sizeof(long)));

    /// <summary>The next 8 bytes as a double, which pickle has in big-endian order.</summary>
    public double ReadDouble() => BinaryPrimitives.ReadDoubleBigEndian(ReadBytes(sizeof(double)));

    /// <summary>The next bytes as UTF-8 text.</summary>
    public string ReadText(long byteCount) => Encoding.UTF8.GetString(ReadBytes(byteCount));

    /// <summary>Text up to the end of the line.</summary>
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (char letter = (char)ReadByte(); letter != '\n'; letter = (char)ReadByte())
        {
            if (line.Append(letter).Length > MaxStringLength)
                throw file.Fault($"its pickle has a line of over {MaxStringLength} bytes before position {Position}");
        }

        return line.ToString();
    }

    /// <summary>An exception that names the file and the place.</summary>
    /// <param name="reason">One clause without a full stop.</param>
    public BackboneException Fault(string reason) => file.Fault($"{reason} (pickle at position {Position})");

    private void Fill()
    {
        if (Position >= end)
            throw file.Fault($"its pickle does not end before position {end}");
        _bufferStart = Position;
        _buffer = file.Read(Position, (int)Math.Min(BufferLength, end - Position));
    }
}
