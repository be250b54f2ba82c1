using ImageTrainer.Backbones.Downloading;
using ImageTrainer.Files;
using ImageTrainer.Imaging;

namespace ImageTrainer.Backbones;

/// <summary>A weight file and where it lies.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Origin">The kind of place.</param>
internal readonly record struct BackboneFile(string Path, BackboneOrigin Origin);

/// <summary>Finds weight files by name in the user's folders and cache, and tells what a weight file is. Safe for many threads.</summary>
internal sealed class BackboneFiles(BackboneStoreOptions options, BackboneCatalogue catalogue)
{
    /// <summary>Endings of weight files, the preferred first.</summary>
    public static readonly string[] Extensions = [".safetensors", ".pth", ".onnx", ".pt", ".pth.tar", ".bin", ".ckpt"];

    /// <summary>Where the package of the default network puts its file, under the folder of the program.</summary>
    public static readonly string PackagedPath = Path.Combine("DnnImageModels", "ResNet18Onnx", "ResNet18.onnx");

    // Networks trained on random crops at 224 px see objects larger in training than on whole photos of that size: see docs/adr/0006.
    private const int UsualImageSize = 256;

    /// <summary>Whether a text ends like a weight file.</summary>
    public static bool HasWeightsExtension(string text) => ExtensionOf(text) is not null;

    /// <summary>The name of a weight file without its folder and its ending, of which ".pth.tar" is one.</summary>
    public static string NameOf(string path) => Path.GetFileName(path)[..^(ExtensionOf(path)?.Length ?? 0)];

    private static string? ExtensionOf(string text) =>
        Extensions.FirstOrDefault(extension => text.EndsWith(extension, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Files that may be the backbone of this name, in the order of the places and in each place the publisher's file first, then
    /// <c>NAME.safetensors</c>, <c>.pth</c>, <c>.onnx</c>, <c>.pt</c>, <c>.pth.tar</c>, <c>.bin</c>, <c>.ckpt</c> and the same with
    /// <c>NAME-imagenet</c>.
    /// </summary>
    public IEnumerable<BackboneFile> Candidates(string name) => Named(name).Where(file => File.Exists(file.Path));

    /// <summary>Those of the <see cref="Candidates"/> that come before a path, whether that is there or not.</summary>
    public IEnumerable<BackboneFile> CandidatesBefore(string name, string path) =>
        Named(name).TakeWhile(file => file.Path != path).Where(file => File.Exists(file.Path));

    /// <summary>All weight files in folders and cache, in ordinal order within each place.</summary>
    public IEnumerable<BackboneFile> All() =>
        from place in Places()
        where Directory.Exists(place.Path)
        from path in Directory.EnumerateFiles(place.Path).Where(HasWeightsExtension).Order(StringComparer.Ordinal)
        select place with { Path = path };

    /// <summary>
    /// Tells what a file is, in this order: the descriptor beside it, the catalogue by its checksum, else a file of the user's with the
    /// usual preprocessing. Reads the whole file once.
    /// </summary>
    /// <returns>Its descriptor, with the file's full SHA-256 and its name as it is.</returns>
    /// <exception cref="BackboneException">It cannot be read, or its checksum is not what its descriptor or the catalogue says.</exception>
    public BackboneDescriptor Identify(string path)
    {
        if (FileKind.FindSpecial(path) is { } kind)
            throw new BackboneException(path, $"{path} cannot be read: it is {kind}.");
        try
        {
            string fileName = Path.GetFileName(path);
            BackboneDescriptor? beside = BackboneDescriptorFile.ReadBeside(path);
            string digest = FileDigest.Sha256(path);
            string? expected = beside?.Sha256 ?? catalogue.FindByFileName(fileName)?.Descriptor.Sha256;
            if (expected is not null && !FileDigest.Matches(digest, expected))
                throw Damaged(path, digest, expected);
            BackboneDescriptor known = beside ?? catalogue.FindByDigest(digest)?.Descriptor ?? Unknown(path);
            return known with { FileName = fileName, Sha256 = digest };
        }
        catch (IOException e)
        {
            throw new BackboneException(path, $"{path} cannot be read: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BackboneException(path, $"{path} may not be read by this user: {e.Message}", e);
        }
    }

    /// <summary>Full path of the file that comes with the package, or null where it is not beside the program.</summary>
    public string? FindPackaged() =>
        options.ProgramFolders.Select(folder => Path.GetFullPath(Path.Combine(folder, PackagedPath))).FirstOrDefault(File.Exists);

    /// <summary>Verifies the file that comes with the package.</summary>
    /// <exception cref="BackboneException">It is missing, damaged or cannot be read; the message says what to do.</exception>
    public ResolvedBackbone UsePackaged(string reason)
    {
        BackboneDescriptor known = catalogue.Packaged.Descriptor;
        string path = FindPackaged() ?? throw new BackboneException(known.Name, BackboneReasons.PackageMissing(known, options.ProgramFolders));
        BackboneDescriptor found = Identify(path);
        return FileDigest.Matches(found.Sha256!, known.Sha256!)
            ? new ResolvedBackbone(known with { Sha256 = found.Sha256 }, BackboneOrigin.Package, path, reason)
            : throw new BackboneException(known.Name, BackboneReasons.PackageDamaged(known, path, found.Sha256!));
    }

    private IEnumerable<BackboneFile> Places() => options.Folders
        .Select(folder => new BackboneFile(Path.GetFullPath(folder), BackboneOrigin.Folder))
        .Append(new BackboneFile(Path.GetFullPath(options.CacheFolder), BackboneOrigin.Cache));

    private IEnumerable<BackboneFile> Named(string name) =>
        from place in Places()
        from fileName in FileNames(name)
        select place with { Path = Path.Combine(place.Path, fileName) };

    private IEnumerable<string> FileNames(string name)
    {
        if (catalogue.Find(name)?.Descriptor is not { } known) return OwnFileNames(name);
        // A name of the catalogue may be typed in any case.
        return OwnFileNames(known.FileName == name ? name : known.Name).Concat(OwnFileNames(name)).Prepend(known.FileName).Distinct();
    }

    private static IEnumerable<string> OwnFileNames(string name) => HasWeightsExtension(name)
        ? [name]
        : new[] { name, name + "-imagenet" }.SelectMany(stem => Extensions.Select(extension => stem + extension));

    private BackboneDescriptor Unknown(string path)
    {
        string name = NameOf(path);
        var descriptor = new BackboneDescriptor { Name = name, FileName = Path.GetFileName(path), ImageSize = UsualImageSize };
        return catalogue.Find(name) is { } entry ? descriptor with { ImageSize = entry.Descriptor.ImageSize } : descriptor;
    }

    private static BackboneException Damaged(string path, string digest, string expected) => new(
        path,
        $"{path} is damaged or not what its name says: its SHA-256 is {digest} and should "
        + $"{(expected.Length < 64 ? "begin with" : "be")} {expected}. Delete it and fetch it again.");
}

/// <summary>Weights that are on this machine now, with their checksum verified where one was known.</summary>
/// <param name="Descriptor">What is known of them; <see cref="BackboneDescriptor.Sha256"/> has all 64 digits of the file as it is.</param>
/// <param name="Origin">Where they were found.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Reason">One sentence for the user: which weights these are, from where, and why these.</param>
public sealed record ResolvedBackbone(BackboneDescriptor Descriptor, BackboneOrigin Origin, string Path, string Reason)
{
    /// <summary>Reads the weights, builds their network, and says what it is; what cannot serve is found out here.</summary>
    /// <exception cref="BackboneException">The file cannot be read, is damaged, of no known format, or no network that can serve.</exception>
    public BackboneInfo ReadInfo()
    {
        using Stream content = OpenRead();
        var backbone = Backbone.Load(Descriptor, Path, content);
        return new BackboneInfo(backbone.Descriptor, backbone.Sha256, backbone.FeatureCount, backbone.Preprocessing);
    }

    /// <summary>Opens the weights, seekable and from their beginning; the caller disposes. Safe to call from many threads.</summary>
    /// <exception cref="BackboneException">The file can no longer be read.</exception>
    public Stream OpenRead()
    {
        try
        {
            return File.OpenRead(Path);
        }
        catch (IOException e)
        {
            throw new BackboneException(Descriptor.Name, $"{Path} cannot be read: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BackboneException(Descriptor.Name, $"{Path} may not be read by this user: {e.Message}", e);
        }
    }
}

/// <summary>Where a backbone's weights were found, in the order in which places are searched.</summary>
public enum BackboneOrigin
{
    /// <summary>A file the user named by its path.</summary>
    File,

    /// <summary>A folder of <see cref="BackboneStoreOptions.Folders"/>.</summary>
    Folder,

    /// <summary>The user's cache, <see cref="BackboneStoreOptions.CacheFolder"/>.</summary>
    Cache,

    /// <summary>The publisher; the file is in the cache from now on.</summary>
    Download,

    /// <summary>The file of the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18, which its build puts beside the program.</summary>
    Package,
}

/// <summary>What a weight file turned out to be.</summary>
/// <param name="Descriptor">Name, source and licence; the architecture is the one that was recognised.</param>
/// <param name="Sha256">Hash of the file, 64 hexadecimal digits in lower case.</param>
/// <param name="FeatureCount">How many numbers the network says of an image.</param>
/// <param name="Preprocessing">What images become before the network sees them.</param>
public sealed record BackboneInfo(BackboneDescriptor Descriptor, string Sha256, int FeatureCount, ImagePreprocessing Preprocessing);
