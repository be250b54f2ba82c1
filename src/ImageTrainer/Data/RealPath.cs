namespace ImageTrainer.Data;

/// <summary>Tells whether two paths lead to the same folder, whatever links lie on the way.</summary>
internal static class RealPath
{
    /// <summary>The path with every link on the way resolved, so that one folder has one text.</summary>
    /// <param name="path">Path of something that exists.</param>
    /// <exception cref="IOException">Links lead in a circle.</exception>
    public static string Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string? parent = Path.GetDirectoryName(full);
        if (parent is null)
            return full;
        string plain = Path.Join(Of(parent), Path.GetFileName(full));
        FileSystemInfo? target = new DirectoryInfo(plain).ResolveLinkTarget(returnFinalTarget: true);
        return target is null ? plain : Of(target.FullName);
    }

    /// <summary>Whether a real path is a folder or lies anywhere in it.</summary>
    public static bool IsWithin(string realPath, string realFolder)
    {
        string start = Path.EndsInDirectorySeparator(realFolder) ? realFolder : realFolder + Path.DirectorySeparatorChar;
        return realPath == realFolder || realPath.StartsWith(start, StringComparison.Ordinal);
    }
}
