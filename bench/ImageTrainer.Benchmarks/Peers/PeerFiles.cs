namespace ImageTrainer.Benchmarks.Peers;

/// <summary>The peers' own files, which stay in the source tree.</summary>
internal static class PeerFiles
{
    /// <summary>Full path of bench/peers.</summary>
    public static string Folder { get; } = Path.GetFullPath(Path.Combine("bench", "peers"));

    /// <summary>Full path of one of its files.</summary>
    /// <exception cref="PeerException">It is not there.</exception>
    public static string PathOf(string name)
    {
        string path = Path.Combine(Folder, name);
        return File.Exists(path) ? path : throw new PeerException($"There is no '{path}'; start this as `./dev bench peers`, which runs in the repository's folder.");
    }
}
