using System.ComponentModel.DataAnnotations;

namespace ImageTrainer.Backbones;

/// <summary>Where a <see cref="BackboneStore"/> looks for weights, and how patient it is with the network.</summary>
public sealed record BackboneStoreOptions
{
    /// <summary>Environment variable with folders of weights, separated as in PATH.</summary>
    public const string FoldersVariable = "IMAGETRAINER_BACKBONES";

    /// <summary>Environment variable that switches downloads off: any value but empty, 0, false or no.</summary>
    public const string OfflineVariable = "IMAGETRAINER_OFFLINE";

    /// <summary>Environment variable of the folder that holds the user's caches, except on Windows.</summary>
    internal const string CacheVariable = "XDG_CACHE_HOME";

    /// <summary>Folders searched before the cache, in this order; never written to. Default none.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Folder in which downloads and imports are kept; created when needed.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Folders that the default network's file is looked for under, as its package lays it out; default beside the program and this assembly.</summary>
    internal IReadOnlyList<string> ProgramFolders { get; init; } = [AppContext.BaseDirectory, AssemblyFolder];

    /// <summary>Whether weights that are not on this machine may be downloaded; default true.</summary>
    public bool AllowDownload { get; init; } = true;

    /// <summary>
    /// Time after which <c>auto</c> stops waiting for a first answer from the network and takes the default network; default 2.5 s.
    /// Covers name look-up, connecting, redirects and waiting for other processes together. It does not limit a download under way.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan AutoAnswerTimeout { get; init; } = TimeSpan.FromSeconds(2.5);

    /// <summary>Time per attempt until the publisher must have begun to answer, for a backbone asked for by name; default 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Time without a byte after which an attempt is given up; default 30 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts in a row, beyond the first, that may end without getting further than before; default 4.</summary>
    [Range(0, 100)]
    public int RetryCount { get; init; } = 4;

    /// <summary>Pause before the first of them, doubled before each further one up to 32 times; default 1 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The options of this user on this machine: folders from IMAGETRAINER_BACKBONES, downloads unless IMAGETRAINER_OFFLINE is set, cache
    /// in <c>$XDG_CACHE_HOME/imagetrainer</c>, else <c>~/.cache/imagetrainer</c>; on Windows <c>%LOCALAPPDATA%\ImageTrainer</c>.
    /// </summary>
    public static BackboneStoreOptions FromEnvironment() => From(Environment.GetEnvironmentVariable, DefaultCacheFolder());

    /// <summary>The same from given variables.</summary>
    /// <param name="variable">Gives the value of an environment variable, or null.</param>
    /// <param name="cacheFolder">The cache where no variable says otherwise.</param>
    internal static BackboneStoreOptions From(Func<string, string?> variable, string cacheFolder)
    {
        const StringSplitOptions Clean = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        string[] folders = (variable(FoldersVariable) ?? "").Split(Path.PathSeparator, Clean);
        // The XDG specification says to ignore a relative path here.
        string? xdg = OperatingSystem.IsWindows() ? null : variable(CacheVariable);
        return new BackboneStoreOptions
        {
            Folders = [.. folders.Select(Path.GetFullPath)],
            CacheFolder = Path.IsPathFullyQualified(xdg ?? "") ? Path.Combine(xdg!, "imagetrainer") : cacheFolder,
            AllowDownload = (variable(OfflineVariable) ?? "").Trim().ToUpperInvariant() is "" or "0" or "FALSE" or "NO",
        };
    }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Some are out of their range; the message names each.</exception>
    internal void Validate()
    {
        string[] faults = [.. Faults()];
        if (faults.Length > 0) throw new ArgumentException(string.Join(' ', faults));
    }

    /// <summary>A sentence for each value that is out of its range.</summary>
    internal IEnumerable<string> Faults()
    {
        var errors = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), errors, validateAllProperties: true);
        if (Folders is null || Folders.Append(CacheFolder).Any(string.IsNullOrWhiteSpace))
            errors.Add(new ValidationResult("Folders and CacheFolder must not be empty."));
        return errors.Select(error => error.ErrorMessage!);
    }

    // Empty where the program is a single file: then the first folder has it.
    private static string AssemblyFolder => Path.GetDirectoryName(typeof(BackboneStoreOptions).Assembly.Location) is { Length: > 0 } folder ? folder : AppContext.BaseDirectory;

    private static string DefaultCacheFolder()
    {
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "ImageTrainer");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 0 ? Path.Combine(home, ".cache", "imagetrainer") : Path.Combine(Path.GetTempPath(), "imagetrainer");
    }
}
