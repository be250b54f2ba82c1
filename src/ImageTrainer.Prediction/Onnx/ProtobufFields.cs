namespace ImageTrainer.Onnx;

/// <summary>
/// Walks the fields of one protobuf message where it lies, without copying: enough to find a tensor in a network's bytes
/// (protobuf.dev, "Encoding"). Damage ends the walk early; it is for the runtime, which reads the same bytes, to report.
/// </summary>
/// <param name="bytes">The bytes that hold the message.</param>
/// <param name="start">Where the message begins.</param>
/// <param name="length">Its length in bytes.</param>
internal struct ProtobufFields(byte[] bytes, int start, int length)
{
    private const int VarintType = 0, Fixed64Type = 1, LengthType = 2, Fixed32Type = 5;
    private readonly int _end = start + length;
    private int _at = start;

    /// <summary>The field's number.</summary>
    public int Number { get; private set; }

    /// <summary>The field's value where it is a variable-length integer, else 0.</summary>
    public ulong Integer { get; private set; }

    /// <summary>Where the field's bytes begin, where it is a message, a text or bytes.</summary>
    public int Start { get; private set; }

    /// <summary>How many bytes those are; 0 for other fields.</summary>
    public int Length { get; private set; }

    /// <summary>The field's bytes as a message.</summary>
    public readonly ProtobufFields Message => new(bytes, Start, Length);

    /// <summary>The field's bytes.</summary>
    public readonly ReadOnlySpan<byte> Bytes => bytes.AsSpan(Start, Length);

    /// <summary>Goes to the next field; false at the end and at damage.</summary>
    public bool MoveNext()
    {
        if (_at >= _end || !TryReadVarint(out ulong tag)) return false;
        (Number, Integer, Start, Length) = ((int)(tag >> 3), 0, _at, 0);
        switch ((int)(tag & 7))
        {
            case VarintType:
                bool isWhole = TryReadVarint(out ulong value);
                Integer = value;
                return isWhole;
            case Fixed64Type:
                return TrySkip(sizeof(ulong));
            case LengthType:
                if (!TryReadVarint(out ulong byteCount) || byteCount > (ulong)(_end - _at)) return false;
                (Start, Length) = (_at, (int)byteCount);
                return TrySkip(Length);
            case Fixed32Type:
                return TrySkip(sizeof(uint));
            default:
                return false;
        }
    }

    /// <summary>Writes one field of text, bytes or a message: its tag, its length and its content.</summary>
    public static byte[] Encode(int number, ReadOnlySpan<byte> content)
    {
        const int BitsOfType = 3, BitsPerByte = 7;
        var start = new List<byte> { (byte)((number << BitsOfType) | LengthType) };
        uint left = (uint)content.Length;
        for (; left > 0x7F; left >>= BitsPerByte) start.Add((byte)(left | 0x80));
        start.Add((byte)left);
        return [.. start, .. content];
    }

    private bool TrySkip(int count)
    {
        if (count > _end - _at) return false;
        _at += count;
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        const int BitsPerByte = 7, MostBits = 63;
        value = 0;
        for (int shift = 0; _at < _end && shift <= MostBits; shift += BitsPerByte)
        {
            byte part = bytes[_at++];
            value |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80) return true;
        }

        return false;
    }
}
