using ImageTrainer.Files;
using ImageTrainer.Imaging;
using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Data;

/// <summary>Tells images from other files by their first bytes. Safe to call from many threads.</summary>
internal static class FileProbe
{
    /// <summary>Says why a file is no image, or gives null where its first bytes are an image's.</summary>
    /// <param name="path">Full path.</param>
    /// <param name="hashes">Takes the hash of an image, all of which is read then; null to read no more than its first bytes.</param>
    /// <returns>What was found, or null. Never throws for what the file is or how it is protected.</returns>
    public static ProbeFinding? WhyNotAnImage(string path, ContentHashMemo? hashes = null)
    {
        try
        {
            var file = new FileInfo(path);
            // Asked of the link's target, because a link has a length of its own.
            if (file.LinkTarget is not null)
                file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
            // Pipes, sockets and devices have length 0; opening one would wait for ever.
            if (file.Length == 0)
                return new ProbeFinding(FileKind.FindSpecial(file.FullName) is { } kind ? $"it is {kind}" : "it is empty", IsUnreadable: false);
            return Find(file.FullName, hashes is null ? null : hash => hashes.Remember(path, hash, new FileStamp(file.Length, file.LastWriteTimeUtc)));
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return new ProbeFinding(FolderWalk.NotFoundReason(path), IsUnreadable: true);
        }
        catch (UnauthorizedAccessException)
        {
            return new ProbeFinding("it may not be read: access is denied", IsUnreadable: true);
        }
        catch (IOException failure)
        {
            return new ProbeFinding($"it cannot be read: {failure.Message.TrimEnd('.')}", IsUnreadable: true);
        }
    }

    /// <summary>Asks <see cref="WhyNotAnImage"/> of many files at once, because most of the time is spent waiting for the disk.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="hashes">Takes the hashes of images, or null.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    /// <returns>The answers, in the order of the paths.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ProbeFinding?[] WhyNotImages(IReadOnlyList<string> paths, ContentHashMemo? hashes, CancellationToken cancellationToken)
    {
        var findings = new ProbeFinding?[paths.Count];
        var options = new ParallelOptions { CancellationToken = cancellationToken };
        Parallel.For(0, paths.Count, options, i => findings[i] = WhyNotAnImage(paths[i], hashes));
        return findings;
    }

    // A photo in a format that is not read is a photo all the same, and somebody misses it.
    private static ProbeFinding? Find(string path, Action<ContentHash>? remember)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[ImageFormats.HeaderLength];
        int length = 0;
        for (int count; length < header.Length && (count = RandomAccess.Read(file, header[length..], length)) > 0;)
            length += count;
        if (ImageFormats.Detect(header[..length]) is not null)
        {
            remember?.Invoke(ContentHasher.Hash(file, CancellationToken.None));
            return null;
        }

        return ImageFormats.DescribeForeignImage(header[..length]) is { } foreign
            ? new ProbeFinding(foreign, IsUnreadable: true)
            : new ProbeFinding("it is no image", IsUnreadable: false);
    }
}
