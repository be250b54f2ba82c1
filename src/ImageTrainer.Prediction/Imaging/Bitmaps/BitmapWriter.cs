using System.Buffers.Binary;

namespace ImageTrainer.Imaging.Bitmaps;

/// <summary>
/// Writes pixels as a BMP file in memory: decoded images go the way that files go, to the last pixel, and nothing is compressed on the way.
/// </summary>
internal static class BitmapWriter
{
    private const int FileHeaderLength = 14, HeaderLength = FileHeaderLength + 40, BitsPerPixel = 24, Alignment = 4;

    /// <summary>Gives the B, G and R of a pixel.</summary>
    public delegate (byte Blue, byte Green, byte Red) PixelAt(int x, int y);

    /// <summary>Encodes 24 bits a pixel, without a palette, the lowest row first as the format wants it.</summary>
    public static byte[] Encode(int width, int height, PixelAt pixelAt)
    {
        int rowLength = checked(((3 * width) + Alignment - 1) / Alignment * Alignment);
        byte[] file = new byte[checked(HeaderLength + (rowLength * height))];
        WriteHeader(file, width, height);
        for (int y = 0; y < height; y++)
        {
            Span<byte> row = file.AsSpan(HeaderLength + ((height - 1 - y) * rowLength), rowLength);
            for (int x = 0; x < width; x++) (row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2]) = pixelAt(x, y);
        }

        return file;
    }

    // BITMAPFILEHEADER, then BITMAPINFOHEADER with one plane and no compression.
    private static void WriteHeader(Span<byte> file, int width, int height)
    {
        "BM"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file[2..], file.Length);
        BinaryPrimitives.WriteInt32LittleEndian(file[10..], HeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(file[14..], HeaderLength - FileHeaderLength);
        BinaryPrimitives.WriteInt32LittleEndian(file[18..], width);
        BinaryPrimitives.WriteInt32LittleEndian(file[22..], height);
        BinaryPrimitives.WriteInt16LittleEndian(file[26..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(file[28..], BitsPerPixel);
    }
}
