namespace ImageTrainer.Batch.Listing;

/// <summary>Tells whether two paths lead to the same folder, whatever links lie on the way.</summary>
internal static class RealFolder
{
    /// <summary>The full path with every link on the way resolved; where links lead in a circle, the path itself.</summary>
    public static string Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        string plain = Path.Join(Of(parent), Path.GetFileName(full));
        try
        {
            return new DirectoryInfo(plain).ResolveLinkTarget(returnFinalTarget: true) is { } target ? Of(target.FullName) : plain;
        }
        catch (IOException)
        {
            return plain;
        }
    }

    /// <summary>Whether a real path is a folder or lies anywhere in it.</summary>
    public static bool IsWithin(string realPath, string realFolder)
    {
        string start = Path.EndsInDirectorySeparator(realFolder) ? realFolder : realFolder + Path.DirectorySeparatorChar;
        return realPath == realFolder || realPath.StartsWith(start, StringComparison.Ordinal);
    }
}
