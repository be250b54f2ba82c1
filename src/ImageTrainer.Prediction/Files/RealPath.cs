namespace ImageTrainer.Files;

/// <summary>Tells whether two paths lead to the same folder, whatever links lie on the way.</summary>
internal static class RealPath
{
    /// <summary>The path with every link on the way resolved, so that one folder has one text.</summary>
    /// <param name="path">Path of something that exists.</param>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Of(string path) => Resolve(path, keepsCircles: false);

    /// <summary>The same, with links that lead in a circle left as they are.</summary>
    /// <param name="path">The path.</param>
    public static string KeepingCircles(string path) => Resolve(path, keepsCircles: true);

    /// <summary>Whether a real path is a folder or lies anywhere in it.</summary>
    public static bool IsWithin(string realPath, string realFolder)
    {
        string start = Path.EndsInDirectorySeparator(realFolder) ? realFolder : realFolder + Path.DirectorySeparatorChar;
        return realPath == realFolder || realPath.StartsWith(start, StringComparison.Ordinal);
    }

    private static string Resolve(string path, bool keepsCircles)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        string plain = Path.Join(Resolve(parent, keepsCircles), Path.GetFileName(full));
        return FindTarget(plain, keepsCircles) is { } target ? Resolve(target.FullName, keepsCircles) : plain;
    }

    private static FileSystemInfo? FindTarget(string path, bool keepsCircles)
    {
        try
        {
            return new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true);
        }
        catch (IOException) when (keepsCircles)
        {
            return null;
        }
    }
}
