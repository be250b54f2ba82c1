using System.Buffers;

namespace ImageTrainer.Imaging;

/// <summary>
/// Walks LZW codes without writing what they stand for (TIFF 6.0, section 13). LZW has no checksum, but damage shows: codes that stand
/// for nothing yet, a wrong number of bytes, an end that is not where it belongs, and an entry of the table that is made twice, which no encoder does that
/// takes the longest string it knows.
/// </summary>
internal static class TiffLzw
{
    private const int Clear = 256;
    private const int End = 257;
    private const int FirstEntry = 258;
    private const int LeastBits = 9;
    private const int MostBits = 12;
    private const int TableLength = 1 << MostBits;
    private const int SlotCount = 2 * TableLength;

    /// <summary>Whether the codes give what a strip or tile must have.</summary>
    /// <param name="codes">The stored bytes, highest bit first.</param>
    /// <param name="length">Bytes that they must give.</param>
    /// <param name="fullLength">Bytes that they may give as well: the last strip's where it is filled up.</param>
    internal static bool IsSound(ReadOnlySpan<byte> codes, long length, long fullLength)
    {
        // Files of before 1989 have the lowest bit first; libtiff reads them, and nothing here knows more of them.
        if (codes is [0, var second, ..] && (second & 1) != 0)
            return true;
        int[] lengths = ArrayPool<int>.Shared.Rent(TableLength);
        int[] slots = ArrayPool<int>.Shared.Rent(SlotCount);
        byte[] firstBytes = ArrayPool<byte>.Shared.Rent(TableLength);
        try
        {
            var table = new Table(lengths, slots, firstBytes);
            return table.Walk(codes, fullLength) && (table.Total == length || table.Total == fullLength) && !(table.HasTwins && table.UsesEntries);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(lengths);
            ArrayPool<int>.Shared.Return(slots);
            ArrayPool<byte>.Shared.Return(firstBytes);
        }
    }

    // What each code stands for: how many bytes, and the first of them.
    private ref struct Table
    {
        private readonly Span<int> _lengths;
        private readonly Span<int> _slots;
        private readonly Span<byte> _firstBytes;
        private int _next;
        private int _bits;
        private int _previous;

        internal Table(Span<int> lengths, Span<int> slots, Span<byte> firstBytes)
        {
            _lengths = lengths;
            _slots = slots[..SlotCount];
            _firstBytes = firstBytes;
            for (int i = 0; i < Clear; i++)
                (_lengths[i], _firstBytes[i]) = (1, (byte)i);
            Reset();
        }

        /// <summary>Bytes that the codes stand for.</summary>
        internal long Total { get; private set; }

        /// <summary>Whether an entry was made twice.</summary>
        internal bool HasTwins { get; private set; }

        /// <summary>Whether any code is more than a byte: encoders that avoid LZW's former patent use none.</summary>
        internal bool UsesEntries { get; private set; }

        /// <summary>Goes to the end code or, as some encoders write none, to the last whole one.</summary>
        /// <returns>False at a code that stands for nothing, or past the number of bytes.</returns>
        internal bool Walk(ReadOnlySpan<byte> codes, long longest)
        {
            uint buffer = 0;
            int available = 0;
            foreach (byte value in codes)
            {
                buffer = (buffer << 8) | value;
                available += 8;
                if (available < _bits)
                    continue;
                available -= _bits;
                int code = (int)(buffer >> available) & ((1 << _bits) - 1);
                if (code == End)
                    return true;
                if (code == Clear)
                    Reset();
                else if (!Take(code) || Total > longest)
                    return false;
            }

            return true;
        }

        private void Reset()
        {
            (_next, _bits, _previous) = (FirstEntry, LeastBits, -1);
            _slots.Clear();
        }

        private bool Take(int code)
        {
            if (code >= FirstEntry && (code > _next || _previous < 0 || (code == _next && _next == TableLength)))
                return false;
            UsesEntries |= code >= FirstEntry;
            if (_previous >= 0 && _next < TableLength)
                Add(_firstBytes[code == _next ? _previous : code]);
            Total += _lengths[code];
            _previous = code;
            return true;
        }

        // The string before and one byte more; codes get a bit longer one entry before they must.
        private void Add(byte last)
        {
            HasTwins |= !TryRemember((_previous << 8) | last);
            (_lengths[_next], _firstBytes[_next]) = (_lengths[_previous] + 1, _firstBytes[_previous]);
            _next++;
            if (_next >= (1 << _bits) - 1 && _bits < MostBits)
                _bits++;
        }

        private readonly bool TryRemember(int entry)
        {
            int slot = (int)((uint)entry * 2654435761u >> 19);
            while (_slots[slot] != 0)
            {
                if (_slots[slot] == entry + 1)
                    return false;
                slot = (slot + 1) % SlotCount;
            }

            _slots[slot] = entry + 1;
            return true;
        }
    }
}
