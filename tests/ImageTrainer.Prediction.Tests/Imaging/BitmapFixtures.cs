using System.Buffers.Binary;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>Writes BMP files of every kind that is read, straight from the format's description.</summary>
internal static class BitmapFixtures
{
    internal static byte[] Rgb24(RgbImage image, bool topDown = false) =>
        File(Info(40, image.Width, topDown ? -image.Height : image.Height, 24, compression: 0), [], Rows(image, topDown, 24, PackBgr));

    /// <summary>A file with a BITMAPCOREHEADER, whose sizes have 16 bits.</summary>
    internal static byte[] Core24(RgbImage image)
    {
        byte[] header = new byte[12];
        BinaryPrimitives.WriteInt32LittleEndian(header, 12);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(4), (short)image.Width);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(6), (short)image.Height);
        header[8] = 1;
        header[10] = 24;
        return File(header, [], Rows(image, topDown: false, 24, PackBgr));
    }

    /// <summary>Pixels of 16 or 32 bits whose channels lie where the masks say; a header of 40 bytes has its masks behind it.</summary>
    internal static byte[] Masked(RgbImage image, int bits, int headerLength, uint[] masks, byte[]? alpha = null)
    {
        byte[] header = Info(headerLength, image.Width, image.Height, bits, compression: 3);
        byte[] maskBytes = new byte[masks.Length * 4];
        for (int i = 0; i < masks.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(maskBytes.AsSpan(i * 4), masks[i]);
        if (headerLength > 40)
            maskBytes.CopyTo(header, 40);
        return File(header, headerLength == 40 ? maskBytes : [], Rows(image, topDown: false, bits, (pixel, index) =>
        {
            byte[] channels = [.. pixel, alpha?[index] ?? 255];
            uint value = 0;
            for (int i = 0; i < masks.Length; i++)
                value |= Place(channels[i], masks[i]);
            byte[] packed = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(packed, value);
            return packed[..(bits / 8)];
        }));
    }

    /// <summary>Pixels of 16 or 32 bits without masks: 5 bits a channel, or blue, green, red and a byte of no meaning.</summary>
    internal static byte[] Unmasked(RgbImage image, int bits) => File(Info(40, image.Width, image.Height, bits, compression: 0), [], Rows(image, false, bits, (pixel, _) =>
        bits == 32
            ? [pixel[2], pixel[1], pixel[0], 0]
            : BitConverter.GetBytes((ushort)(((pixel[0] >> 3) << 10) | ((pixel[1] >> 3) << 5) | (pixel[2] >> 3)))));

    /// <summary>Palette indices [H, W], the top row first, packed 1, 2, 4 or 8 bits each.</summary>
    internal static byte[] Indexed(byte[] indices, int width, int bits, byte[] palette, bool topDown = false, int colourCount = 0)
    {
        int height = indices.Length / width;
        int rowLength = ((width * bits) + 31) / 32 * 4;
        byte[] rows = new byte[rowLength * height];
        for (int i = 0; i < indices.Length; i++)
        {
            (int x, int y) = (i % width, i / width);
            int at = ((topDown ? y : height - 1 - y) * rowLength) + (x * bits / 8);
            rows[at] |= (byte)(indices[i] << (8 - bits - (x * bits % 8)));
        }

        return File(Info(40, width, topDown ? -height : height, bits, compression: 0, colourCount), palette, rows);
    }

    /// <summary>Run-length coded bytes as they are, for 8 or 4 bits a pixel.</summary>
    internal static byte[] Runs(int width, int height, int bits, byte[] palette, byte[] runs) =>
        File(Info(40, width, height, bits, compression: bits == 8 ? 1 : 2, palette.Length / 4), palette, runs);

    private static uint Place(byte value, uint mask)
    {
        int shift = System.Numerics.BitOperations.TrailingZeroCount(mask);
        int bits = System.Numerics.BitOperations.PopCount(mask);
        return mask == 0 ? 0 : (uint)Math.Round(value * ((1 << bits) - 1) / 255.0) << shift;
    }

    private static byte[] PackBgr(byte[] pixel, int index) => [pixel[2], pixel[1], pixel[0]];

    private static byte[] Rows(RgbImage image, bool topDown, int bits, Func<byte[], int, byte[]> pack)
    {
        int rowLength = ((image.Width * bits) + 31) / 32 * 4;
        byte[] rows = new byte[rowLength * image.Height];
        for (int y = 0; y < image.Height; y++)
        {
            int start = (topDown ? y : image.Height - 1 - y) * rowLength;
            for (int x = 0; x < image.Width; x++)
            {
                int index = (y * image.Width) + x;
                pack(image.Pixels[(index * 3)..((index * 3) + 3)], index).CopyTo(rows, start + (x * bits / 8));
            }
        }

        return rows;
    }

    private static byte[] Info(int length, int width, int height, int bits, int compression, int colourCount = 0)
    {
        byte[] header = new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(header, length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), width);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), height);
        header[12] = 1;
        header[14] = (byte)bits;
        header[16] = (byte)compression;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(32), colourCount);
        return header;
    }

    private static byte[] File(byte[] header, byte[] between, byte[] pixels)
    {
        byte[] file = [.. "BM"u8, .. new byte[12], .. header, .. between, .. pixels];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(2), file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(10), file.Length - pixels.Length);
        return file;
    }
}
