namespace ImageTrainer.Models.MLNet;

/// <summary>
/// Texts become keys; only read here, because it holds the labels in models that ML.NET trained. Block:
/// <code>
/// columns  i32 n, n x (str output, str input)
/// n x      byte: whether the keys' texts go along as an annotation
/// </code>
/// The texts stand below, in the component Vocabulary.
/// </summary>
/// <param name="Columns">The columns made, of columns of texts.</param>
/// <param name="Terms">The texts of each column, in the order of their keys.</param>
internal sealed record MapValueToKey(IReadOnlyList<ColumnPair> Columns, IComponent Terms) : IComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity = new("TERMTRNF", "TermTransform", "Microsoft.ML.Data", 0x00010003, 0x00010003);

    public string Name => "MapValueToKey";

    public string Summary => $"{ColumnPair.Join(Columns)}: {Terms.Summary}";

    public IReadOnlyList<string>? Labels => Terms.Labels;

    public static MapValueToKey Read(ComponentReader reader)
    {
        ColumnPair[] columns = reader.Block.ReadColumns();
        for (int i = 0; i < columns.Length; i++) _ = reader.Block.ReadByte();
        return new MapValueToKey(columns, reader.ReadComponent("Vocabulary"));
    }
}
