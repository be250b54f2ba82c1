namespace ImageTrainer.Models.MLNet.Idv;

/// <summary>One column of a schema.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="KeyValues">The texts that its keys stand for, the first for key 1; null where it has none.</param>
internal sealed record IdvColumn(string Name, IdvType Type, IReadOnlyList<string>? KeyValues = null);

/// <summary>
/// The columns of a table, in an IDV file without rows. Little-endian; LEB is an unsigned LEB128 number, a text a LEB length in bytes and UTF-8:
/// <code>
/// 00   u64      0x00425644004C4D43, "CML\0DVB\0"
/// 08   u64 u64  version, oldest compatible version: 1.1.1.6 both, 16 bits a part
/// 18   i64      offset of the table of columns
/// 20   i64      offset of the tail
/// 28   i64      number of rows, 0
/// 30   i32      number of columns; zeros to 100
/// 100           for each column with annotations: their values, then their table:
///                 LEB count, each: text kind, text codec, LEB length + codec parameters, byte compression, i64 offset, LEB length
///               table of columns, for each:
///                 text name, text codec, LEB length + codec parameters, byte compression (0 none, 1 deflate), LEB rows a block (1),
///                 i64 offset of the table of blocks, which is empty here, i64 offset of the table of annotations or 0
///               u64 0x434D4C0044564200, the tail
/// </code>
/// The only annotation written is KeyValues, a vector of n texts:
/// <code>
/// i32 1    number of vectors
/// i32 n    their length
/// i32 -1   dense; otherwise the number of values given, the others being empty
/// i32 m    number of indices: 0 where dense; then m x i32 indices
/// i32 n    number of texts given
/// n x i32  where each text ENDS, in UTF-16 characters, not in bytes
/// text     all of them in one
/// </code>
/// </summary>
/// <param name="Columns">The columns.</param>
internal sealed record IdvSchema(IReadOnlyList<IdvColumn> Columns)
{
    internal const ulong HeadMark = 0x00425644004C4D43;
    internal const ulong TailMark = 0x434D4C0044564200;
    internal const ulong Version = 0x0001000100010006;
    internal const int HeaderLength = 256;
    internal const string KeyValuesKind = "KeyValues";

    /// <summary>The column of a name, or null.</summary>
    public IdvColumn? Find(string? name) => Columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.Ordinal));
}

/// <summary>How the blocks of an IDV file are compressed.</summary>
internal enum IdvCompression : byte
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>RFC 1951.</summary>
    Deflate = 1,
}
