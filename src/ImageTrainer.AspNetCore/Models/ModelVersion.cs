namespace ImageTrainer.AspNetCore.Models;

/// <summary>What tells one file from another in the same place, without reading it.</summary>
/// <param name="RealPath">Where it lies, behind all links.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="WrittenUtc">When it was written last.</param>
internal sealed record FileStamp(string RealPath, long Length, DateTime WrittenUtc)
{
    /// <summary>Looks at a file; null where there is none or it cannot be looked at.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(Files.RealPath.Of(path));
            return file.Exists ? new FileStamp(file.FullName, file.Length, file.LastWriteTimeUtc) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

/// <summary>
/// One file of a model, loaded. Counted: one use for whoever serves it and one for each image under way; whoever gives back the last frees
/// the engine. Safe for many threads.
/// </summary>
/// <param name="engine">The engine, which becomes this one's to dispose.</param>
/// <param name="hash">SHA-256 of the model.zip, lower-case hex.</param>
/// <param name="loadedAt">When it was loaded.</param>
/// <param name="training">What `train` wrote beside it, or null.</param>
/// <param name="freed">Called once, after the engine is freed.</param>
internal sealed class ModelVersion(
    ImagePredictionEngine engine, string hash, DateTimeOffset loadedAt, TrainingReport? training, Action<ModelVersion> freed)
{
    private int _useCount = 1;

    /// <summary>The engine; not to be used without a use of this.</summary>
    public ImagePredictionEngine Engine => engine;

    /// <summary>SHA-256 of the model.zip, lower-case hex.</summary>
    public string Hash => hash;

    /// <summary>The first 12 digits of <see cref="Hash"/>, for people.</summary>
    public string ShortHash => hash[..12];

    /// <summary>When it was loaded.</summary>
    public DateTimeOffset LoadedAt => loadedAt;

    /// <summary>What `train` wrote beside it, or null.</summary>
    public TrainingReport? Training => training;

    /// <summary>Begins a use; false where the engine is freed already.</summary>
    public bool TryBeginUse()
    {
        int count = Volatile.Read(ref _useCount);
        while (count > 0)
        {
            int seen = Interlocked.CompareExchange(ref _useCount, count + 1, count);
            if (seen == count) return true;
            count = seen;
        }

        return false;
    }

    /// <summary>Ends a use.</summary>
    public void EndUse()
    {
        if (Interlocked.Decrement(ref _useCount) > 0) return;
        engine.Dispose();
        freed(this);
    }
}
