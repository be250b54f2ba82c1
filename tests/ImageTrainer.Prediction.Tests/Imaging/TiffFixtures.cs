using System.Buffers.Binary;

namespace ImageTrainer.Tests.Imaging;

/// <summary>Writes uncompressed TIFF files of one strip, straight from the format's description.</summary>
internal static class TiffFixtures
{
    private const int Short = 3;
    private const int Long = 4;
    private const int HeaderLength = 8;
    private const int EntryLength = 12;

    /// <summary>A file of samples of any kind.</summary>
    /// <param name="samples">[H, W, samples per pixel], little-endian.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="sampleCount">Samples per pixel.</param>
    /// <param name="tags">Further tags of one 16-bit value.</param>
    internal static byte[] File(byte[] samples, int width, int height, int sampleCount, params (int Tag, int Value)[] tags)
    {
        int bits = samples.Length * 8 / (width * height * sampleCount);
        // The bits of each sample lie behind the directory, and the pixels behind them.
        int entryCount = 8 + tags.Length;
        int bitsOffset = HeaderLength + 2 + (entryCount * EntryLength) + 4;
        (int Tag, int Type, int Count, int Value)[] entries =
        [
            (256, Long, 1, width), (257, Long, 1, height), (258, Short, sampleCount, sampleCount > 2 ? bitsOffset : bits | (bits << 16)),
            (259, Short, 1, 1), (273, Long, 1, bitsOffset + (2 * sampleCount)), (277, Short, 1, sampleCount), (278, Long, 1, height),
            (279, Long, 1, samples.Length), .. tags.Select(tag => (tag.Tag, Short, 1, tag.Value)),
        ];
        byte[] directory = [.. Int16(entryCount), .. entries.OrderBy(entry => entry.Tag).SelectMany(Entry), .. Int32(0)];
        byte[] bitsOfSamples = [.. Enumerable.Repeat(Int16(bits), sampleCount).SelectMany(bytes => bytes)];
        return [(byte)'I', (byte)'I', 42, 0, .. Int32(HeaderLength), .. directory, .. bitsOfSamples, .. samples];
    }

    private static byte[] Entry((int Tag, int Type, int Count, int Value) entry) =>
        [.. Int16(entry.Tag), .. Int16(entry.Type), .. Int32(entry.Count), .. Int32(entry.Value)];

    private static byte[] Int16(int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    private static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }
}
