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

/// <summary>The opcodes of Python's pickle (Lib/pickletools.py has the reference), those that are refused among them, for their names.</summary>
internal enum PickleOpcode : byte
{
    Mark = (byte)'(',
    Stop = (byte)'.',
    Pop = (byte)'0',
    PopMark = (byte)'1',
    Duplicate = (byte)'2',
    Float = (byte)'F',
    Int = (byte)'I',
    BinInt = (byte)'J',
    BinInt1 = (byte)'K',
    Long = (byte)'L',
    BinInt2 = (byte)'M',
    None = (byte)'N',
    PersId = (byte)'P',
    BinPersId = (byte)'Q',
    Reduce = (byte)'R',
    String = (byte)'S',
    BinString = (byte)'T',
    ShortBinString = (byte)'U',
    Unicode = (byte)'V',
    BinUnicode = (byte)'X',
    Append = (byte)'a',
    Build = (byte)'b',
    Global = (byte)'c',
    Dict = (byte)'d',
    EmptyDict = (byte)'}',
    Appends = (byte)'e',
    Get = (byte)'g',
    BinGet = (byte)'h',
    Inst = (byte)'i',
    LongBinGet = (byte)'j',
    List = (byte)'l',
    EmptyList = (byte)']',
    Obj = (byte)'o',
    Put = (byte)'p',
    BinPut = (byte)'q',
    LongBinPut = (byte)'r',
    SetItem = (byte)'s',
    Tuple = (byte)'t',
    EmptyTuple = (byte)')',
    SetItems = (byte)'u',
    BinFloat = (byte)'G',
    Proto = 0x80,
    NewObj = 0x81,
    Ext1 = 0x82,
    Ext2 = 0x83,
    Ext4 = 0x84,
    Tuple1 = 0x85,
    Tuple2 = 0x86,
    Tuple3 = 0x87,
    NewTrue = 0x88,
    NewFalse = 0x89,
    Long1 = 0x8a,
    Long4 = 0x8b,
    BinBytes = (byte)'B',
    ShortBinBytes = (byte)'C',
    ShortBinUnicode = 0x8c,
    BinUnicode8 = 0x8d,
    BinBytes8 = 0x8e,
    EmptySet = 0x8f,
    AddItems = 0x90,
    FrozenSet = 0x91,
    NewObjEx = 0x92,
    StackGlobal = 0x93,
    Memoize = 0x94,
    Frame = 0x95,
    ByteArray8 = 0x96,
    NextBuffer = 0x97,
    ReadOnlyBuffer = 0x98,
}
