namespace ImageTrainer.Tests;

/// <summary>A new empty folder that is deleted with everything in it at the end of a test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Full path of the folder.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("imagetrainer-").FullName;

    /// <summary>Full path of a file or folder inside it; nothing is created.</summary>
    public string Combine(params string[] segments) => System.IO.Path.Combine([Path, .. segments]);

    /// <summary>Writes a file inside it, with the folders on the way, and gives its full path.</summary>
    public string Write(string name, ReadOnlySpan<byte> content)
    {
        string path = Combine(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte})"/>
    public string Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
