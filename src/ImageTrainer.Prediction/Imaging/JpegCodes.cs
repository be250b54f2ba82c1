using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>
/// Counts the blocks in the coded data of a sequential Huffman JPEG without computing pixels (ITU-T T.81, annex F.2): what libjpeg does
/// not warn of, as data that ends late, coefficients past the 64th or blocks that no picture has, shows that the codes are not the encoder's.
/// </summary>
internal ref struct JpegCodes
{
    private const int TableCount = 8;
    private const int Coefficients = 64;
    private const int LongestCode = 16;

    // Samples of -128 to 127 give a block, as a vector, at most the length of 8 * 128 (the transform keeps lengths), rounding apart. Some encoders
    // overshoot by up to 31 to keep edges clean.
    private const long GreatestLength = 8 * (128 + 31);

    // By class (DC, AC) and number.
    private readonly HuffmanTable?[] _tables = new HuffmanTable?[TableCount];
    private readonly int[][] _steps = [[], [], [], []];
    private readonly ReadOnlySpan<byte> _content;
    private ReadOnlySpan<byte> _frame;
    private int _restartInterval;
    private int _at;
    private uint _bits;
    private int _bitCount;

    private JpegCodes(ReadOnlySpan<byte> content) => _content = content;

    /// <summary>Whether every scan holds just its blocks. Frames of other kinds are not looked into, and count as sound.</summary>
    /// <param name="content">The whole JPEG, of sound structure (<see cref="JpegStructure"/>).</param>
    internal static bool AreSound(ReadOnlySpan<byte> content)
    {
        if (JpegStructure.Read(content).FrameType is not (0xC0 or 0xC1))
            return true;
        var codes = new JpegCodes(content);
        try
        {
            return codes.Walk();
        }
        catch (Exception cause) when (cause is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return false;
        }
    }

    private bool Walk()
    {
        _at = 2;
        while (true)
        {
            while (_content[_at] != 0xFF || _content[_at + 1] is 0 or 0xFF)
                _at++;
            byte marker = _content[_at + 1];
            if (marker == 0xD9)
                return true;
            _at += 2;
            int length = BinaryPrimitives.ReadUInt16BigEndian(_content[_at..]);
            ReadOnlySpan<byte> segment = _content.Slice(_at + 2, length - 2);
            _at += length;
            if (marker == 0xDA && !IsSoundScan(segment))
                return false;
            Take(marker, segment);
        }
    }

    private void Take(byte marker, ReadOnlySpan<byte> segment)
    {
        if (marker == 0xC4)
            TakeTables(segment);
        else if (marker == 0xDB)
            TakeSteps(segment);
        else if (marker is 0xC0 or 0xC1)
            _frame = segment;
        else if (marker == 0xDD)
            _restartInterval = BinaryPrimitives.ReadUInt16BigEndian(segment);
    }

    private readonly void TakeSteps(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            int width = segment[0] >> 4 == 0 ? 1 : 2;
            int[] steps = new int[Coefficients];
            for (int k = 0; k < Coefficients; k++)
                steps[k] = width == 1 ? segment[1 + k] : BinaryPrimitives.ReadUInt16BigEndian(segment[(1 + (2 * k))..]);
            _steps[segment[0] & 3] = steps;
            segment = segment[(1 + (width * Coefficients))..];
        }
    }

    private readonly void TakeTables(ReadOnlySpan<byte> segment)
    {
        while (!segment.IsEmpty)
        {
            int number = ((segment[0] >> 4) * 4) + (segment[0] & 3);
            var table = new HuffmanTable(segment[1..]);
            _tables[number] = table;
            segment = segment[(1 + LongestCode + table.SymbolCount)..];
        }
    }

    // A scan of one component has its blocks one by one; one of several has in each unit a rectangle of blocks of each component.
    private bool IsSoundScan(ReadOnlySpan<byte> scan)
    {
        ScanComponent[] components = Components(scan, out int unitCount);
        (_bits, _bitCount) = (0, 0);
        int marker = 0;
        for (int unit = 0; unit < unitCount; unit++)
        {
            if (_restartInterval > 0 && unit > 0 && unit % _restartInterval == 0 && !TakeRestart(components, ref marker))
                return false;
            if (!TakeUnit(components))
                return false;
        }

        return IsAtMarker();
    }

    private bool TakeUnit(ScanComponent[] components)
    {
        foreach (ScanComponent component in components)
        {
            for (int i = 0; i < component.BlockCount; i++)
            {
                if (!TakeBlock(component))
                    return false;
            }
        }

        return true;
    }

    private readonly ScanComponent[] Components(ReadOnlySpan<byte> scan, out int unitCount)
    {
        int height = BinaryPrimitives.ReadUInt16BigEndian(_frame[1..]), width = BinaryPrimitives.ReadUInt16BigEndian(_frame[3..]);
        int mostAcross = 1, mostDown = 1;
        for (int i = 0; i < _frame[5]; i++)
            (mostAcross, mostDown) = (Math.Max(mostAcross, _frame[7 + (3 * i)] >> 4), Math.Max(mostDown, _frame[7 + (3 * i)] & 15));
        var components = new ScanComponent[scan[0]];
        unitCount = Ceiling(width, 8 * mostAcross) * Ceiling(height, 8 * mostDown);
        for (int i = 0; i < components.Length; i++)
        {
            ReadOnlySpan<byte> component = Component(scan[1 + (2 * i)]);
            int sampling = component[1];
            byte tables = scan[2 + (2 * i)];
            bool isAlone = components.Length == 1;
            if (isAlone)
                unitCount = Ceiling(Ceiling(width * (sampling >> 4), mostAcross), 8) * Ceiling(Ceiling(height * (sampling & 15), mostDown), 8);
            components[i] = new ScanComponent(isAlone ? 1 : (sampling >> 4) * (sampling & 15), _steps[component[2]])
            {
                Dc = Table(tables >> 4),
                Ac = Table(4 + (tables & 15)),
            };
        }

        return components;
    }

    // Identifier, sampling across and down, table of steps.
    private readonly ReadOnlySpan<byte> Component(byte identifier)
    {
        for (int i = 0; i < _frame[5]; i++)
        {
            if (_frame[6 + (3 * i)] == identifier)
                return _frame.Slice(6 + (3 * i), 3);
        }

        throw new ArgumentOutOfRangeException(nameof(identifier));
    }

    private readonly HuffmanTable Table(int number) => _tables[number] ?? throw new ArgumentOutOfRangeException(nameof(number));

    // The codes of a block: how many bits the change of the mean value has; then how many zeros precede a value of how many bits,
    // to the last value or to the 64th.
    private bool TakeBlock(ScanComponent component)
    {
        int size = TakeCode(component.Dc);
        if (size is < 0 or > 11 || !TryTakeValue(size, out int value))
            return false;
        component.Mean += value;
        long squares = Square(component.Mean, component.Steps[0]);
        for (int k = 1; k < Coefficients; k++)
        {
            int symbol = TakeCode(component.Ac);
            if (symbol < 0)
                return false;
            (int zeros, size) = (symbol >> 4, symbol & 15);
            if (size == 0 && zeros != 15)
                return zeros == 0 && squares <= GreatestLength * GreatestLength;
            k += zeros;
            if (k >= Coefficients || size > 10 || !TryTakeValue(size, out value))
                return false;
            squares += Square(value, component.Steps[k]);
        }

        return squares <= GreatestLength * GreatestLength;
    }

    // The least that rounding may have left of a value.
    private static long Square(int value, int step)
    {
        long least = Math.Max(0, (Math.Abs((long)value) * step) - ((step + 1) / 2));
        return least * least;
    }

    private int TakeCode(HuffmanTable table)
    {
        Fill();
        int symbol = table.Find(_bitCount >= LongestCode ? _bits >> (_bitCount - LongestCode) : _bits << (LongestCode - _bitCount), out int length);
        if (symbol < 0 || length > _bitCount)
            return -1;
        _bitCount -= length;
        return symbol;
    }

    // Values of so many bits, the negative ones less one and without their first bit (F.2.2.1).
    private bool TryTakeValue(int bitCount, out int value)
    {
        Fill();
        value = 0;
        if (_bitCount < bitCount)
            return false;
        _bitCount -= bitCount;
        value = (int)(_bits >> _bitCount) & ((1 << bitCount) - 1);
        if (bitCount > 0 && value >> (bitCount - 1) == 0)
            value -= (1 << bitCount) - 1;
        return true;
    }

    private void Fill()
    {
        while (_bitCount <= 24 && !(_content[_at] == 0xFF && _content[_at + 1] != 0))
        {
            _bits = (_bits << 8) | _content[_at];
            _at += _content[_at] == 0xFF ? 2 : 1;
            _bitCount += 8;
        }
    }

    // Less than a byte is filling.
    private bool IsAtMarker()
    {
        Fill();
        return _bitCount < 8;
    }

    private bool TakeRestart(ScanComponent[] components, ref int number)
    {
        if (!IsAtMarker())
            return false;
        while (_content[_at + 1] == 0xFF)
            _at++;
        if (_content[_at + 1] != 0xD0 + number)
            return false;
        _at += 2;
        (_bits, _bitCount) = (0, 0);
        number = (number + 1) % 8;
        foreach (ScanComponent component in components)
            component.Mean = 0;
        return true;
    }

    private static int Ceiling(int dividend, int divisor) => (dividend + divisor - 1) / divisor;

    private sealed class ScanComponent(int blockCount, int[] steps)
    {
        internal int BlockCount => blockCount;

        internal int[] Steps => steps;

        internal required HuffmanTable Dc { get; init; }

        internal required HuffmanTable Ac { get; init; }

        // Of the block before, in steps.
        internal int Mean { get; set; }
    }

    // Codes of one length are consecutive numbers (annex C), so the next bits are compared with the last of each length.
    private sealed class HuffmanTable
    {
        private readonly byte[] _symbols;
        private readonly byte[] _lengths = new byte[256];
        private readonly int[] _limits = new int[LongestCode + 1];
        private readonly int[] _offsets = new int[LongestCode + 1];

        internal HuffmanTable(ReadOnlySpan<byte> definition)
        {
            int code = 0;
            for (int length = 1; length <= LongestCode; length++)
            {
                _offsets[length] = SymbolCount - code;
                code += definition[length - 1];
                SymbolCount += definition[length - 1];
                _limits[length] = code << (LongestCode - length);
                code <<= 1;
            }

            _symbols = definition.Slice(LongestCode, SymbolCount).ToArray();
            for (int first = 0, length = 1; first < _lengths.Length; first++)
            {
                while (length <= 8 && first << 8 >= _limits[length])
                    length++;
                _lengths[first] = (byte)length;
            }
        }

        internal int SymbolCount { get; }

        // -1 where no code begins so.
        internal int Find(uint next, out int length)
        {
            int bits = (int)(next & 0xFFFF);
            for (length = _lengths[bits >> 8]; length <= LongestCode; length++)
            {
                if (bits < _limits[length])
                    return _symbols[(bits >> (LongestCode - length)) + _offsets[length]];
            }

            return -1;
        }
    }
}
