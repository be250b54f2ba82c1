using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Data;

/// <summary>One hash for what a data set consists of.</summary>
internal static class DatasetFingerprint
{
    // Changes with the layout below, so that fingerprints of two layouts never agree by chance.
    private static ReadOnlySpan<byte> Domain => "ImageTrainer data set 1\n"u8;

    /// <summary>
    /// SHA-256 over the domain line and then, image by image, the relative path, the content hash (32 bytes) and the label. Texts are UTF-8
    /// with their length in bytes before them (int32, little-endian), so that no two sets run into the same bytes.
    /// </summary>
    /// <param name="images">The images, in ordinal order of relative path and label.</param>
    /// <param name="hashes">Their content hashes, in the same order.</param>
    public static ContentHash Compute(IReadOnlyList<LabeledImage> images, ContentHash[] hashes)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha256.AppendData(Domain);
        Span<byte> hash = stackalloc byte[ContentHash.ByteCount];
        for (int i = 0; i < images.Count; i++)
        {
            AppendText(sha256, images[i].RelativePath);
            hashes[i].CopyTo(hash);
            sha256.AppendData(hash);
            AppendText(sha256, images[i].Label);
        }

        sha256.GetHashAndReset(hash);
        return new ContentHash(hash);
    }

    private static void AppendText(IncrementalHash sha256, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        sha256.AppendData(length);
        sha256.AppendData(bytes);
    }
}
