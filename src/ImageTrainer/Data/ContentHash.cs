using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Data;

/// <summary>The SHA-256 of a file's bytes: 32 bytes by value, ordered as its hexadecimal text is.</summary>
internal readonly record struct ContentHash : IComparable<ContentHash>
{
    /// <summary>Number of bytes a hash has.</summary>
    public const int ByteCount = SHA256.HashSizeInBytes;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    /// <summary>Reads back a hash that <see cref="CopyTo"/> wrote.</summary>
    /// <param name="bytes">Exactly <see cref="ByteCount"/> bytes.</param>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public ContentHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != ByteCount)
            throw new ArgumentException($"A content hash has {ByteCount} bytes, not {bytes.Length}.", nameof(bytes));
        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Hashes bytes in memory.</summary>
    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[ByteCount];
        SHA256.HashData(content, hash);
        return new ContentHash(hash);
    }

    /// <summary>Writes the hash to the first <see cref="ByteCount"/> bytes of a span.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _first);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _third);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _fourth);
    }

    /// <inheritdoc/>
    public int CompareTo(ContentHash other) =>
        (_first, _second, _third, _fourth).CompareTo((other._first, other._second, other._third, other._fourth));

    /// <summary>64 lower-case hexadecimal digits, as sha256sum prints them.</summary>
    public override string ToString() => $"{_first:x16}{_second:x16}{_third:x16}{_fourth:x16}";
}

/// <summary>Hashes files by content, each read once from start to end, several at a time.</summary>
internal static class ContentHasher
{
    private const int BufferLength = 128 * 1024;

    /// <summary>Hashes one file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static ContentHash HashFile(string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        // Sharing everything: a file that another program has open is no reason to stop.
        using SafeFileHandle file = File.OpenHandle(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan);
        return Hash(file, cancellationToken);
    }

    /// <summary>Hashes an open file from its start.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static ContentHash Hash(SafeFileHandle file, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            long offset = 0;
            for (int count; (count = RandomAccess.Read(file, buffer, offset)) > 0; offset += count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                sha256.AppendData(buffer, 0, count);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        Span<byte> hash = stackalloc byte[ContentHash.ByteCount];
        sha256.GetHashAndReset(hash);
        return new ContentHash(hash);
    }

    /// <summary>Hashes many files on all cores.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="cancellationToken">Stops between two blocks of a file.</param>
    /// <returns>The hashes, in the order of the paths.</returns>
    /// <exception cref="DatasetException">A file cannot be read any more; names the first such file and how many there are.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public static ContentHash[] HashFiles(IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var hashes = new ContentHash[paths.Count];
        var failures = new Exception?[paths.Count];
        Parallel.For(0, paths.Count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            try
            {
                hashes[i] = HashFile(paths[i], cancellationToken);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                failures[i] = failure;
            }
        });
        ThrowIfAnyFailed(paths, failures);
        return hashes;
    }

    private static void ThrowIfAnyFailed(IReadOnlyList<string> paths, Exception?[] failures)
    {
        int first = Array.FindIndex(failures, failure => failure is not null);
        if (first < 0)
            return;
        int count = failures.Count(failure => failure is not null);
        string others = count == 1 ? "" : $", nor {count - 1} more";
        throw new DatasetException(
            paths[first],
            $"'{paths[first]}' was there a moment ago and cannot be read now{others}: {failures[first]!.Message} Check the disk and start again.",
            failures[first]);
    }
}

/// <summary>
/// The content hashes that are known of a data set's files, shared by the parts the data set is split into, so that loading, splitting,
/// fingerprint, search for duplicates and features read each file once in all. Safe for concurrent use.
/// </summary>
internal sealed class ContentHashMemo
{
    private readonly ConcurrentDictionary<string, (ContentHash Hash, FileStamp Stamp)> _known = new(StringComparer.Ordinal);

    /// <summary>The hashes of files, in their order; those not known yet are computed, and of the others it does not matter whether they are still there.</summary>
    /// <inheritdoc cref="ContentHasher.HashFiles" path="/param|/exception"/>
    public ContentHash[] HashesOf(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        string[] unknown = [.. paths.Distinct(StringComparer.Ordinal).Where(path => !_known.ContainsKey(path))];
        FileStamp[] stamps = [.. unknown.Select(FileStamp.Of)];
        ContentHash[] computed = ContentHasher.HashFiles(unknown, cancellationToken);
        for (int i = 0; i < unknown.Length; i++)
            Remember(unknown[i], computed[i], stamps[i]);
        return [.. paths.Select(path => _known[path].Hash)];
    }

    /// <summary>The hash of a file that is known and has, by its length and time of change, not been written to since.</summary>
    public ContentHash? FindOfUnchanged(string path) =>
        _known.TryGetValue(path, out (ContentHash Hash, FileStamp Stamp) known) && known.Stamp == FileStamp.Of(path) ? known.Hash : null;

    /// <summary>Keeps a hash.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="stamp">What was known of it before it was read.</param>
    public void Remember(string path, ContentHash hash, FileStamp stamp) => _known[path] = (hash, stamp);
}

/// <summary>What changes when a file is written to.</summary>
/// <param name="Length">Its length in bytes; -1 where it cannot be found.</param>
/// <param name="LastWriteTimeUtc">When it was last written to.</param>
internal readonly record struct FileStamp(long Length, DateTime LastWriteTimeUtc)
{
    /// <summary>The stamp of a file now, or of what a link leads to; asking for it opens nothing. Never throws.</summary>
    public static FileStamp Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is not null && file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target) file = target;
            return new FileStamp(file.Length, file.LastWriteTimeUtc);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new FileStamp(-1, default);
        }
    }
}

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
