using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Batch;

/// <summary>One of N shares of an input. A path's share depends on its text and N alone, so it stays the same when other paths come or go.</summary>
/// <param name="Index">Number of the share, 0 to <paramref name="Count"/> - 1.</param>
/// <param name="Count">N, 1 or more.</param>
public sealed record ScoringShard(int Index, int Count)
{
    private const int ShortPath = 512;

    /// <summary>The one share that is the whole input.</summary>
    public static ScoringShard Whole { get; } = new(0, 1);

    /// <summary>Whether this is the whole input.</summary>
    public bool IsWhole => Count == 1;

    /// <summary>Reads "I/N", where I runs from 0 to N - 1 as cluster schedulers count.</summary>
    /// <exception cref="FormatException">The text is no share.</exception>
    public static ScoringShard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = text.Split('/');
        if (parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int index)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && index < count)
            return new ScoringShard(index, count);
        throw new FormatException($"'{text}' is no shard; write I/N with I from 0 to N - 1: 0/4, 1/4, 2/4, 3/4.");
    }

    /// <summary>
    /// Finds the share in what a cluster's scheduler tells its tasks: Slurm arrays, Kubernetes Indexed Jobs, AWS Batch arrays, Azure Batch.
    /// </summary>
    /// <param name="getVariable">Gives the value of an environment variable, or null.</param>
    /// <exception cref="ScoringRefusedException">There is none, or it does not make sense; the message names the variables.</exception>
    public static ScoringShard FromEnvironment(Func<string, string?> getVariable)
    {
        ArgumentNullException.ThrowIfNull(getVariable);
        return ShardVariables.Find(getVariable);
    }

    /// <summary>Gives "I/N".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");

    /// <summary>Whether a path, as the input writes it, belongs to this share.</summary>
    internal bool Has(string path) => IsWhole || (int)(Hash(path) % (ulong)Count) == Index;

    // SHA-256 is the same on every machine, and paths that differ in a digit do not crowd into one share.
    private static ulong Hash(string path)
    {
        int length = Encoding.UTF8.GetMaxByteCount(path.Length);
        Span<byte> text = length <= ShortPath ? stackalloc byte[ShortPath] : new byte[length];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.UTF8.GetBytes(path, text)], hash);
        return BinaryPrimitives.ReadUInt64LittleEndian(hash);
    }
}
