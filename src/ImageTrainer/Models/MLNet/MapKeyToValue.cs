namespace ImageTrainer.Models.MLNet;

/// <summary>
/// Keys become the texts they stand for, which the column itself carries (its annotation KeyValues). Block:
/// <code>
/// columns  i32 n, n x (str output, str input)
/// </code>
/// </summary>
/// <param name="Columns">The columns made, of columns of keys.</param>
internal sealed record MapKeyToValue(IReadOnlyList<ColumnPair> Columns) : IWritableComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity = new("KEY2VALT", "KeyToValueTransform", "Microsoft.ML.Data", 0x00010001, 0x00010001);

    public string Name => "MapKeyToValue";

    public string Summary => ColumnPair.Join(Columns);

    public ComponentIdentity Identity => KnownIdentity;

    public static MapKeyToValue Read(ComponentReader reader) => new(reader.Block.ReadColumns());

    public void Write(ComponentWriter writer) => writer.Block.WriteColumns(Columns);
}
