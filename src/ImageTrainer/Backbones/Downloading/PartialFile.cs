namespace ImageTrainer.Backbones.Downloading;

/// <summary>
/// What has arrived of a file so far: <c>NAME.part</c>, and beside it in <c>NAME.part.etag</c> the server's entity tag for the
/// version it is a part of. Without the tag a part is never continued: the two halves could be of different files.
/// Not safe for concurrent use; the <see cref="DownloadLock"/> sees to that.
/// </summary>
internal sealed class PartialFile(string targetPath)
{
    private readonly string _tagPath = targetPath + ".part.etag";

    /// <summary>Full path of the part.</summary>
    public string Path { get; } = targetPath + ".part";

    /// <summary>Bytes in the part; 0 where there is none.</summary>
    public long Length => LengthOf(targetPath);

    /// <summary>Bytes of the part of <paramref name="targetPath"/>, whoever is writing it; 0 where there is none.</summary>
    public static long LengthOf(string targetPath)
    {
        var file = new FileInfo(targetPath + ".part");
        return file.Exists ? file.Length : 0;
    }

    /// <summary>The entity tag under which the part can be continued, or null where it has to begin again.</summary>
    public string? ResumeTag()
    {
        if (Length == 0 || !File.Exists(_tagPath))
            return null;
        string tag = File.ReadAllText(_tagPath);
        return tag.Length > 0 ? tag : null;
    }

    /// <summary>Empties the part and notes the entity tag of the version that follows; null where the server gave none.</summary>
    public void Begin(string? tag)
    {
        // In this order a process killed in between leaves a part without a tag, never one with the wrong tag.
        Discard();
        if (tag is not null)
            File.WriteAllText(_tagPath, tag);
    }

    /// <summary>Opens the part for the bytes that follow, unbuffered: what is written survives a kill. The caller disposes.</summary>
    public FileStream OpenAppend() =>
        new(Path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>Deletes the part and its tag.</summary>
    public void Discard()
    {
        File.Delete(_tagPath);
        File.Delete(Path);
    }

    /// <summary>Moves the part to where the whole file belongs, in one step.</summary>
    public void Complete()
    {
        File.Move(Path, targetPath, overwrite: true);
        File.Delete(_tagPath);
    }
}
