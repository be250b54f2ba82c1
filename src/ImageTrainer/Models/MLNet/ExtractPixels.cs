using System.Globalization;

namespace ImageTrainer.Models.MLNet;

/// <summary>How the numbers of one column come from its pixels: (value - <paramref name="Offset"/>) * <paramref name="Scale"/>.</summary>
/// <param name="Offset">What is taken from a channel's value, 0 to 255.</param>
/// <param name="Scale">What the rest is multiplied by.</param>
/// <param name="Channels">Which channels, added up: 1 alpha, 2 red, 4 green, 8 blue.</param>
/// <param name="Order">In which order: 1 is alpha, red, green, blue.</param>
/// <param name="IsSingle">Whether the numbers are floats, not bytes.</param>
/// <param name="IsInterleaved">Whether they stand as [H, W, C]; [C, H, W] otherwise.</param>
internal sealed record PixelLayout(
    float Offset = 0,
    float Scale = 1,
    byte Channels = PixelLayout.RedGreenBlue,
    byte Order = PixelLayout.AlphaRedGreenBlue,
    bool IsSingle = true,
    bool IsInterleaved = false)
{
    private const byte RedGreenBlue = 14;
    private const byte AlphaRedGreenBlue = 1;

    /// <summary>"RGB [C, H, W], (value - 0) * 1".</summary>
    public override string ToString()
    {
        string channels = Channels == RedGreenBlue && Order == AlphaRedGreenBlue ? "RGB" : $"channels {Channels} in order {Order}";
        string shape = IsInterleaved ? "[H, W, C]" : "[C, H, W]";
        return string.Create(CultureInfo.InvariantCulture, $"{channels} {shape}, ")
            + (IsSingle ? string.Create(CultureInfo.InvariantCulture, $"(value - {Offset}) * {Scale}") : "bytes");
    }
}

/// <summary>
/// Images become numbers. Block:
/// <code>
/// columns  i32 n, n x (str output, str input)
/// n x      byte channels (14: RGB), byte order (1: ARGB), byte is float, f32 offset, f32 scale, byte is interleaved
/// </code>
/// </summary>
/// <param name="Columns">The columns made, of columns of images.</param>
/// <param name="Layouts">How the numbers of each stand.</param>
internal sealed record ExtractPixels(IReadOnlyList<ColumnPair> Columns, IReadOnlyList<PixelLayout> Layouts) : IWritableComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity =
        new("IMGPXEXT", "ImagePixelExtractor", "Microsoft.ML.ImageAnalytics", 0x00010003, 0x00010002);

    public string Name => "ExtractPixels";

    public string Summary => string.Join("; ", Columns.Zip(Layouts, (column, layout) => $"{column}: {layout}"));

    public ComponentIdentity Identity => KnownIdentity;

    public static ExtractPixels Read(ComponentReader reader)
    {
        ColumnPair[] columns = reader.Block.ReadColumns();
        return new ExtractPixels(columns, Array.ConvertAll(columns, _ => ReadLayout(reader.Block)));
    }

    public void Write(ComponentWriter writer)
    {
        writer.Block.WriteColumns(Columns);
        foreach (PixelLayout layout in Layouts)
        {
            writer.Block.WriteByte(layout.Channels);
            writer.Block.WriteByte(layout.Order);
            writer.Block.WriteByte(layout.IsSingle ? (byte)1 : (byte)0);
            writer.Block.WriteSingle(layout.Offset);
            writer.Block.WriteSingle(layout.Scale);
            writer.Block.WriteByte(layout.IsInterleaved ? (byte)1 : (byte)0);
        }
    }

    private static PixelLayout ReadLayout(BlockReader block)
    {
        (byte channels, byte order, bool isSingle) = (block.ReadByte(), block.ReadByte(), block.ReadByte() != 0);
        return new PixelLayout(block.ReadSingle(), block.ReadSingle(), channels, order, isSingle, block.ReadByte() != 0);
    }
}
