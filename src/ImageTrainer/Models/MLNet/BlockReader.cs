namespace ImageTrainer.Models.MLNet;

/// <summary>Reads what <see cref="BlockWriter"/> writes.</summary>
/// <param name="block">The block of a Model.key.</param>
/// <param name="strings">The string table of the Model.key.</param>
internal sealed class BlockReader(ReadOnlyMemory<byte> block, IReadOnlyList<string> strings) : BoundedReader(block)
{
    /// <summary>Reads the id of a text; null for -1.</summary>
    /// <exception cref="InvalidDataException">The string table has no such text.</exception>
    public string? ReadStringOrNull()
    {
        int id = ReadInt32();
        if (id == -1) return null;
        return id >= 0 && id < strings.Count
            ? strings[id]
            : throw new InvalidDataException($"string {id} of a table of {strings.Count}");
    }

    /// <summary>Reads the id of a text.</summary>
    /// <exception cref="InvalidDataException">It is null, or the string table has no such text.</exception>
    public string ReadString() => ReadStringOrNull() ?? throw new InvalidDataException("a name that is null");

    /// <summary>Reads i32 n, then n ids.</summary>
    public string[] ReadStrings()
    {
        var texts = new string[ReadCount(sizeof(int))];
        for (int i = 0; i < texts.Length; i++) texts[i] = ReadString();
        return texts;
    }

    /// <summary>Reads i32 n, then n pairs of ids: output, input.</summary>
    public ColumnPair[] ReadColumns()
    {
        var columns = new ColumnPair[ReadCount(2 * sizeof(int))];
        for (int i = 0; i < columns.Length; i++) columns[i] = new ColumnPair(ReadString(), ReadString());
        return columns;
    }
}
