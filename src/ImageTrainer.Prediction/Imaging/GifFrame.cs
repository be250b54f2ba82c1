using System.Buffers.Binary;

namespace ImageTrainer.Imaging;

/// <summary>Where a GIF's first frame lies on its canvas (GIF89a, sections 18 to 26).</summary>
/// <param name="Area">Its rectangle, in pixels.</param>
internal readonly record struct GifFrame(PixelArea Area)
{
    private const int HeaderLength = 13;
    private const int DescriptorLength = 10;

    /// <summary>Finds the first frame; null where there is none.</summary>
    /// <param name="content">The whole file.</param>
    internal static GifFrame? Find(ReadOnlySpan<byte> content)
    {
        if (content.Length < HeaderLength)
            return null;
        int at = HeaderLength + ((content[10] & 0x80) == 0 ? 0 : 3 << ((content[10] & 7) + 1));
        // Extensions: their kind, then blocks that each begin with their length, to one of none.
        while (at + DescriptorLength <= content.Length && content[at] == '!')
        {
            at += 2;
            while (at < content.Length && content[at] != 0)
                at += content[at] + 1;
            at++;
        }

        if (at + DescriptorLength > content.Length || content[at] != ',')
            return null;
        ReadOnlySpan<byte> descriptor = content[(at + 1)..];
        return new GifFrame(new PixelArea(Number(descriptor, 0), Number(descriptor, 2), Number(descriptor, 4), Number(descriptor, 6)));
    }

    /// <summary>Whether it leaves nothing of a canvas.</summary>
    internal bool Covers(int width, int height) => Within(width, height) == new PixelArea(0, 0, width, height);

    /// <summary>What of it lies on a canvas; the whole canvas where nothing does.</summary>
    internal PixelArea Within(int width, int height)
    {
        (int left, int top) = (Math.Min(Area.Left, width), Math.Min(Area.Top, height));
        var part = new PixelArea(left, top, Math.Min(Area.Width, width - left), Math.Min(Area.Height, height - top));
        return part is { Width: > 0, Height: > 0 } ? part : new PixelArea(0, 0, width, height);
    }

    private static int Number(ReadOnlySpan<byte> descriptor, int at) => BinaryPrimitives.ReadUInt16LittleEndian(descriptor[at..]);
}
