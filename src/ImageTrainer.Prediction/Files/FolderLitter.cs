namespace ImageTrainer.Files;

/// <summary>
/// Names of what file managers, file systems and network storage leave behind in folders; nobody means it when the folder is named.
/// </summary>
internal static class FolderLitter
{
    /// <summary>Why a folder that is <see cref="IsToldFolder"/> is left out, as one clause.</summary>
    public const string Reason = "the system keeps thumbnails or deleted files in it";

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Names = Lookup(
        "Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "Picasa.ini", "ZbThumbnail.info", "Icon\r", "__MACOSX");

    // They hold pictures, so whoever counts images must know.
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Folders = Lookup(
        "@eaDir", "@Recycle", "@Recently-Snapshot", "#recycle", "#snapshot", ".@__thumb", ".@__qini", "$RECYCLE.BIN", "RECYCLER", "RECYCLED", "lost+found",
        "System Volume Information", ".Trashes", ".Trash", ".Trash-1000", ".thumbnails", ".picasaoriginals", "FOUND.000");

    /// <summary>Whether an entry of this name is to be passed over: litter, or hidden by the dot that it begins with.</summary>
    /// <param name="name">Name in its folder.</param>
    public static bool Is(ReadOnlySpan<char> name) => name.StartsWith('.') || Names.Contains(name) || Folders.Contains(name);

    /// <summary>Whether a folder of this name is litter that is told of, because it may hold pictures.</summary>
    /// <param name="name">Name in its folder.</param>
    public static bool IsToldFolder(ReadOnlySpan<char> name) => Folders.Contains(name);

    private static HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup(params string[] names) =>
        new HashSet<string>(names, StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();
}
