using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Batch.Listing;

/// <summary>What listing an input once tells: enough to know it again.</summary>
/// <param name="Fingerprint">SHA-256, lower-case hex, of all paths and columns in order.</param>
/// <param name="ImageCount">Number of images in all.</param>
/// <param name="ShardImageCount">Number of images in the share.</param>
/// <param name="ColumnNames">Names of all passed columns, in the order in which they first appear.</param>
internal sealed record InputSurvey(string Fingerprint, long ImageCount, long ShardImageCount, IReadOnlyList<string> ColumnNames)
{
    /// <summary>Lists an input once, without opening an image.</summary>
    /// <exception cref="ScoringInputException">An input cannot be read, or makes no sense.</exception>
    public static InputSurvey Of(ScoringInput input, ScoringShard shard, CancellationToken cancellationToken)
    {
        using var fingerprint = new InputFingerprint();
        var names = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        (long count, long shardCount) = (0, 0);
        foreach ((_, ListedImage image) in input.List())
        {
            if ((count++ & 1023) == 0) cancellationToken.ThrowIfCancellationRequested();
            if (shard.Has(image.Path)) shardCount++;
            fingerprint.Add(image);
            names.AddRange(image.Columns.Select(column => column.Name).Where(seen.Add));
        }

        return new InputSurvey(fingerprint.Current, count, shardCount, names);
    }
}

/// <summary>The running hash of an input: of every path and passed column, in order.</summary>
internal sealed class InputFingerprint : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _buffer = new byte[1024];

    /// <summary>SHA-256 of everything so far, lower-case hex.</summary>
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
