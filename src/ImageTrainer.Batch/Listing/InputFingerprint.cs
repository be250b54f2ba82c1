using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Batch.Listing;

/// <summary>The running hash of an input: of every path and passed column, in order.</summary>
internal sealed class InputFingerprint : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _buffer = new byte[1024];

    /// <summary>SHA-256 of all so far, lower-case hex.</summary>
    public string Current => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Takes the next image.</summary>
    public void Add(ListedImage image)
    {
        Add(image.Path, separator: 0);
        foreach (PassedColumn column in image.Columns)
        {
            Add(column.Name, separator: 1);
            Add(column.Value, separator: column.IsJson ? (byte)2 : (byte)3);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    // What the text is stands behind it, and its length too: texts may hold any character.
    private void Add(string text, byte separator)
    {
        int most = Encoding.UTF8.GetMaxByteCount(text.Length) + 5;
        if (_buffer.Length < most) _buffer = new byte[2 * most];
        int length = Encoding.UTF8.GetBytes(text, _buffer);
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(length), length);
        _buffer[length + 4] = separator;
        _hash.AppendData(_buffer, 0, length + 5);
    }
}
