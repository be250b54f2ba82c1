using System.Globalization;
using ImageTrainer.Imaging;

namespace ImageTrainer.Models.MLNet;

/// <summary>How ML.NET brings an image to another shape; the numbers stand in files.</summary>
internal enum ResizingKind : byte
{
    /// <summary>Fit inside, keep the aspect ratio, fill the rest: <see cref="ResizeMode.Pad"/>.</summary>
    IsoPad = 0,

    /// <summary>Cover, keep the aspect ratio, cut off the rest: <see cref="ResizeMode.Crop"/>.</summary>
    IsoCrop = 1,

    /// <summary>Stretch: <see cref="ResizeMode.Fill"/>.</summary>
    Fill = 2,
}

/// <summary>The shape one column of images is brought to.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Kind">How.</param>
/// <param name="Anchor">What a crop keeps: 0 right, 1 left, 2 top, 3 bottom, 4 the centre.</param>
internal sealed record ImageShape(int Width, int Height, ResizingKind Kind, byte Anchor = ImageShape.Centre)
{
    private const byte Centre = 4;

    /// <summary>"224 x 224, IsoCrop".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width} x {Height}, {Kind}")
        + (Kind == ResizingKind.IsoCrop && Anchor != Centre ? $" at anchor {Anchor}" : "");
}

/// <summary>
/// Images become images of one shape. Block:
/// <code>
/// columns  i32 n, n x (str output, str input)
/// n x      i32 width, i32 height, byte kind (0 IsoPad, 1 IsoCrop, 2 Fill), byte anchor (4: centre)
/// </code>
/// </summary>
/// <param name="Columns">The columns made, of columns of images.</param>
/// <param name="Shapes">The shape of each.</param>
internal sealed record ResizeImages(IReadOnlyList<ColumnPair> Columns, IReadOnlyList<ImageShape> Shapes) : IWritableComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity =
        new("IMGSCALF", "ImageScalerTransform", "Microsoft.ML.ImageAnalytics", 0x00010003, 0x00010003);

    public string Name => "ResizeImages";

    public string Summary => string.Join("; ", Columns.Zip(Shapes, (column, shape) => $"{column}: {shape}"));

    public ComponentIdentity Identity => KnownIdentity;

    public static ResizeImages Read(ComponentReader reader)
    {
        ColumnPair[] columns = reader.Block.ReadColumns();
        return new ResizeImages(columns, Array.ConvertAll(columns, _ => new ImageShape(
            reader.Block.ReadInt32(), reader.Block.ReadInt32(), (ResizingKind)reader.Block.ReadByte(), reader.Block.ReadByte())));
    }

    public void Write(ComponentWriter writer)
    {
        writer.Block.WriteColumns(Columns);
        foreach (ImageShape shape in Shapes)
        {
            writer.Block.WriteInt32(shape.Width);
            writer.Block.WriteInt32(shape.Height);
            writer.Block.WriteByte((byte)shape.Kind);
            writer.Block.WriteByte(shape.Anchor);
        }
    }
}
