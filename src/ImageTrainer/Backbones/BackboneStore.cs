using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Backbones;

/// <summary>
/// Finds pretrained weights by name: in a file the user names, in the folders of IMAGETRAINER_BACKBONES, in the user's cache, at the
/// publisher's, and at last beside the program, where the default network's package puts it. Nothing is used whose checksum is known and differs. Safe for many threads, and for
/// many processes on one cache.
/// </summary>
public sealed class BackboneStore
{
    /// <summary>The name that stands for the best backbone to be had.</summary>
    public const string Auto = "auto";

    private readonly BackboneStoreOptions _options;
    private readonly BackboneCatalogue _catalogue;
    private readonly BackboneFiles _files;
    private readonly HttpMessageHandler? _handler;
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes a store; nothing is read, written or connected yet.</summary>
    /// <param name="options">Places and time-outs; <see cref="BackboneStoreOptions.FromEnvironment"/> gives the user's.</param>
    /// <param name="handler">
    /// Sends requests, for hosts with rules of their own; stays the caller's to dispose. Default: directly, or through the system's proxy.
    /// </param>
    /// <param name="timeProvider">The clock of time-outs and rates; default the system's.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public BackboneStore(BackboneStoreOptions options, HttpMessageHandler? handler = null, TimeProvider? timeProvider = null)
        : this(options, BackboneCatalogue.Default, handler, timeProvider)
    {
    }

    internal BackboneStore(
        BackboneStoreOptions options, BackboneCatalogue catalogue, HttpMessageHandler? handler = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _catalogue = catalogue;
        _files = new BackboneFiles(options, catalogue);
        _handler = handler;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Makes weights available on this machine.</summary>
    /// <param name="nameOrPath">
    /// "auto" for the best that can be had, the name of a backbone, or the path of a .safetensors, .pth or .onnx file.
    /// </param>
    /// <param name="progress">Told of a download's progress; null for nobody.</param>
    /// <param name="cancellationToken">Ends a download; what has arrived is kept and continued the next time.</param>
    /// <exception cref="BackboneException">
    /// They cannot be had, or are damaged; the message says which file to put where. For "auto" only where the default network's file is
    /// missing too: else that is taken, and <see cref="ResolvedBackbone.Reason"/> says what failed.
    /// </exception>
    public async Task<ResolvedBackbone> ResolveAsync(
        string nameOrPath, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(nameOrPath);
        List<string> refused = [.. BackboneReasons.MissingFolders(_options)];
        if (FindHere(nameOrPath, refused) is { } here) return here;
        return IsAuto(nameOrPath)
            ? await FetchBestAsync(refused, progress, cancellationToken).ConfigureAwait(false)
            : await FetchAsync(nameOrPath, refused, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What <see cref="ResolveAsync"/> gives where that takes no download and not the default network; otherwise null.</summary>
    /// <exception cref="BackboneException">A file was named that is missing or damaged.</exception>
    internal ResolvedBackbone? FindHere(string nameOrPath) =>
        FindHere(nameOrPath, [.. BackboneReasons.MissingFolders(_options)]);

    /// <summary>
    /// Puts a backbone of the catalogue into the cache, unless there are weights of this name on this machine already; "auto" stands for the
    /// one preferred.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="progress">Told of the download's progress; null for nobody.</param>
    /// <param name="cancellationToken">Ends the download; what has arrived is kept and continued the next time.</param>
    /// <exception cref="BackboneException">There is no such backbone, or it cannot be downloaded.</exception>
    public async Task<ResolvedBackbone> PullAsync(
        string name, IProgress<DownloadProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        string wanted = IsAuto(name) ? _catalogue.Downloadable[0].Descriptor.Name : name;
        List<string> refused = [.. BackboneReasons.MissingFolders(_options)];
        return FindLocally(wanted, refused) ?? await FetchAsync(wanted, refused, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Copies a weight file into the cache, in one step, with a descriptor beside it where the catalogue does not know it.
    /// </summary>
    /// <param name="file">Path of a .safetensors, .pth or .onnx file.</param>
    /// <param name="name">Name to find it by from now on; default its own.</param>
    /// <returns>The copy.</returns>
    /// <exception cref="BackboneException">
    /// The file is missing, damaged or of another kind, the name is no name or means another file still, or the cache cannot be written.
    /// </exception>
    public ResolvedBackbone Import(string file, string? name = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        if (name is not null) BackboneImport.RequireName(name);
        return new BackboneImport(_options.CacheFolder, _catalogue, _files).Run(ResolveFile(file), name);
    }

    /// <summary>
    /// Every backbone that can be named, best first: those of the catalogue, then the user's own in folders and cache. Looks at names only;
    /// no file is read and no address asked.
    /// </summary>
    /// <exception cref="BackboneException">A folder cannot be listed.</exception>
    public IReadOnlyList<BackboneListing> List() => BackboneListings.Of(_catalogue, _files);

    internal static bool IsAuto(string name) => name.Equals(Auto, StringComparison.OrdinalIgnoreCase);

    /// <summary>A separator makes a path; so does an ending, where there is such a file or the catalogue has no such file name.</summary>
    private static bool IsPath(string text) =>
        text.AsSpan().IndexOfAny('/', Path.DirectorySeparatorChar) >= 0 || (BackboneFiles.HasWeightsExtension(text) && File.Exists(text));

    private ResolvedBackbone ResolveFile(string file)
    {
        string path = Path.GetFullPath(file);
        if (!File.Exists(path))
            throw new BackboneException(file, $"There is no file {path}. Correct the path, or give a name that 'backbone list' shows.");
        if (!BackboneFiles.HasWeightsExtension(path))
            throw new BackboneException(
                file, $"{path} is not a weight file by its name: it must end in {string.Join(", ", BackboneFiles.Extensions)}.");
        BackboneDescriptor descriptor = _files.Identify(path);
        return InFile(descriptor, BackboneOrigin.File, path, []);
    }

    private ResolvedBackbone? FindLocally(string name, List<string> refused) =>
        _files.Candidates(name).Select(file => TryUse(file, refused)).FirstOrDefault(found => found is not null);

    /// <summary>Verifies a file; where it is damaged, notes that and gives null, so that the search goes on.</summary>
    private ResolvedBackbone? TryUse(BackboneFile file, List<string> refused)
    {
        try
        {
            return InFile(_files.Identify(file.Path), file.Origin, file.Path, refused);
        }
        catch (BackboneException e)
        {
            refused.Add(e.Message);
            return null;
        }
    }

    private ResolvedBackbone? FindHere(string nameOrPath, List<string> refused)
    {
        if (IsPath(nameOrPath)) return ResolveFile(nameOrPath);
        if (!IsAuto(nameOrPath)) return FindLocally(nameOrPath, refused);
        ResolvedBackbone? best = _catalogue.Downloadable
            .Select(entry => FindLocally(entry.Descriptor.Name, refused)).FirstOrDefault(found => found is not null);
        return best is null ? null : best with { Reason = BackboneReasons.BestHere(best, refused) };
    }

    private async Task<ResolvedBackbone> FetchBestAsync(
        List<string> refused, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        BackboneDescriptor best = _catalogue.Downloadable[0].Descriptor;
        try
        {
            return await DownloadAsync(best, refused, _options.AutoAnswerTimeout, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (DownloadException e)
        {
            return _files.UsePackaged(BackboneReasons.FallBack(_catalogue.Packaged.Descriptor, best, e, refused, _options));
        }
    }

    private async Task<ResolvedBackbone> FetchAsync(
        string name, List<string> refused, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken)
    {
        BackboneCatalogueEntry entry = _catalogue.Find(name)
            ?? throw new BackboneException(name, BackboneReasons.UnknownName(name, _catalogue, refused, _options));
        if (entry == _catalogue.Packaged)
            return _files.UsePackaged(BackboneReasons.Packaged(entry.Descriptor, refused));
        try
        {
            return await DownloadAsync(entry.Descriptor, refused, null, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (DownloadException e)
        {
            throw new BackboneException(name, BackboneReasons.Unavailable(entry.Descriptor, e, refused, _options), e);
        }
    }

    private async Task<ResolvedBackbone> DownloadAsync(
        BackboneDescriptor wanted,
        List<string> refused,
        TimeSpan? answerBudget,
        IProgress<DownloadProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (!_options.AllowDownload)
            throw new DownloadException($"downloads are switched off ({BackboneStoreOptions.OfflineVariable})", isTransient: false);
        using var client = _handler is null ? new HttpClient() : new HttpClient(_handler, disposeHandler: false);
        // The watchdog limits what may hang; the whole of a large file may take as long as it takes.
        client.Timeout = Timeout.InfiniteTimeSpan;
        client.DefaultRequestHeaders.UserAgent.ParseAdd("ImageTrainer");
        var policy = new DownloadPolicy(_options.ConnectTimeout, _options.StallTimeout, _options.RetryCount, _options.RetryDelay);
        string path = Path.GetFullPath(Path.Combine(_options.CacheFolder, wanted.FileName));
        string digest = await new FileDownloader(client, policy, _timeProvider)
            .DownloadAsync(new DownloadRequest(wanted.Address!, path, wanted.Sha256!, answerBudget), progress, cancellationToken)
            .ConfigureAwait(false);
        return InFile(wanted with { Sha256 = digest }, BackboneOrigin.Download, path, refused);
    }

    private static ResolvedBackbone InFile(BackboneDescriptor descriptor, BackboneOrigin origin, string path, List<string> refused) =>
        new(descriptor, origin, path, BackboneReasons.Local(descriptor, origin, path, refused));
}
