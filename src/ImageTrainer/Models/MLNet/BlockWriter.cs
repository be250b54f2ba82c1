using System.Buffers;
using System.Buffers.Binary;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// Writes the block of a Model.key: little-endian values. Text stands in the string table of the Model.key, in the order of first use, and
/// the block holds its position there as an i32; -1 is null.
/// </summary>
internal sealed class BlockWriter
{
    private readonly ArrayBufferWriter<byte> _content = new();
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly List<string> _strings = [];

    /// <summary>What has been written so far.</summary>
    public ReadOnlyMemory<byte> Content => _content.WrittenMemory;

    /// <summary>The string table, in the order of first use.</summary>
    public IReadOnlyList<string> Strings => _strings;

    /// <summary>Position of a text in the string table, to which it is added where it is new.</summary>
    public int StringId(string text)
    {
        if (_ids.TryGetValue(text, out int id)) return id;
        _ids.Add(text, _strings.Count);
        _strings.Add(text);
        return _strings.Count - 1;
    }

    public void WriteByte(byte value) => _content.Write([value]);

    public void WriteInt32(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_content.GetSpan(sizeof(int)), value);
        _content.Advance(sizeof(int));
    }

    public void WriteSingle(float value) => WriteInt32(BitConverter.SingleToInt32Bits(value));

    /// <summary>Writes the id of a text; -1 for null.</summary>
    public void WriteString(string? text) => WriteInt32(text is null ? -1 : StringId(text));

    /// <summary>Writes i32 n, then n ids.</summary>
    public void WriteStrings(IReadOnlyCollection<string> texts)
    {
        WriteInt32(texts.Count);
        foreach (string text in texts) WriteString(text);
    }

    /// <summary>Writes i32 n, then n pairs of ids: output, input.</summary>
    public void WriteColumns(IReadOnlyCollection<ColumnPair> columns)
    {
        WriteInt32(columns.Count);
        foreach (ColumnPair column in columns)
        {
            WriteString(column.Output);
            WriteString(column.Input);
        }
    }
}
