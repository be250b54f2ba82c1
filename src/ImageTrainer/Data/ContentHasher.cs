using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Data;

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
