namespace ImageTrainer.Files;

/// <summary>Names of what file managers and file systems leave behind in folders; nobody means it when the folder is named.</summary>
internal static class FolderLitter
{
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Names =
        new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "Thumbs.db", "ehthumbs.db", "desktop.ini", "__MACOSX", "lost+found" }
            .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether an entry of this name is to be passed over: litter, or hidden by the dot that it begins with.</summary>
    /// <param name="name">Name in its folder.</param>
    public static bool Is(ReadOnlySpan<char> name) => name.StartsWith('.') || Names.Contains(name);
}
