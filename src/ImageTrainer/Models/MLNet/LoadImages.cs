namespace ImageTrainer.Models.MLNet;

/// <summary>
/// Paths become images. Block:
/// <code>
/// columns  i32 n, n x (str output, str input)
/// str      folder that relative paths start from; null: the current one
/// byte     1: an image; 0: the bytes of its file
/// </code>
/// </summary>
/// <param name="Columns">The columns made, of columns of paths.</param>
/// <param name="ImageFolder">Folder that relative paths start from; null for the current one.</param>
/// <param name="IsDecoded">Whether images come out, not the bytes of their files.</param>
internal sealed record LoadImages(IReadOnlyList<ColumnPair> Columns, string? ImageFolder = null, bool IsDecoded = true) : IWritableComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity =
        new("IMGLOADR", "ImageLoaderTransform", "Microsoft.ML.ImageAnalytics", 0x00010003, 0x00010003);

    public string Name => IsDecoded ? "LoadImages" : "LoadRawImageBytes";

    public string Summary => ColumnPair.Join(Columns) + (ImageFolder is null ? "" : $", from '{ImageFolder}'");

    public ComponentIdentity Identity => KnownIdentity;

    public static LoadImages Read(ComponentReader reader) =>
        new(reader.Block.ReadColumns(), reader.Block.ReadStringOrNull(), reader.Block.ReadByte() != 0);

    public void Write(ComponentWriter writer)
    {
        writer.Block.WriteColumns(Columns);
        writer.Block.WriteString(ImageFolder);
        writer.Block.WriteByte(IsDecoded ? (byte)1 : (byte)0);
    }
}
