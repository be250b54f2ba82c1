using ImageTrainer.Imaging;
using Microsoft.Win32.SafeHandles;

namespace ImageTrainer.Data;

/// <summary>Tells images from other files by their first bytes. Safe to call from many threads.</summary>
internal static class FileProbe
{
    /// <summary>Says why a file is no image, or gives null where its first bytes are an image's.</summary>
    /// <param name="path">Full path.</param>
    /// <returns>One short clause, or null. Never throws for what the file is or how it is protected.</returns>
    public static string? WhyNotAnImage(string path)
    {
        try
        {
            var file = new FileInfo(path);
            // Asked of the link's target, because a link has a length of its own.
            if (file.LinkTarget is not null)
                file = (FileInfo)file.ResolveLinkTarget(returnFinalTarget: true)!;
            // Pipes, sockets and devices have length 0; opening one would wait for ever.
            if (file.Length == 0)
                return "it is empty";
            return IsImage(file.FullName) ? null : "it is no image";
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return FolderWalk.NotFoundReason(path);
        }
        catch (UnauthorizedAccessException)
        {
            return "it may not be read: access is denied";
        }
        catch (IOException failure)
        {
            return $"it cannot be read: {failure.Message.TrimEnd('.')}";
        }
    }

    /// <summary>Asks <see cref="WhyNotAnImage"/> of many files at once, because most of the time is spent waiting for the disk.</summary>
    /// <returns>The answers, in the order of the paths.</returns>
    public static string?[] WhyNotImages(IReadOnlyList<string> paths)
    {
        string?[] reasons = new string?[paths.Count];
        Parallel.For(0, paths.Count, i => reasons[i] = WhyNotAnImage(paths[i]));
        return reasons;
    }

    private static bool IsImage(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        Span<byte> header = stackalloc byte[ImageFormats.HeaderLength];
        int length = 0;
        for (int count; length < header.Length && (count = RandomAccess.Read(file, header[length..], length)) > 0;)
            length += count;
        return ImageFormats.Detect(header[..length]) is not null;
    }
}
