using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Backbones;

/// <summary>What is said about a choice of backbone: one sentence where it succeeds, and what to do where it does not.</summary>
internal static class BackboneReasons
{
    /// <summary>The way out where the cache cannot be written.</summary>
    public static string OtherCache { get; } = OperatingSystem.IsWindows()
        ? "use an account whose local application data can be written"
        : $"set {BackboneStoreOptions.CacheVariable} to a folder that can be written";

    /// <summary>Weights that lie in a file now.</summary>
    public static string Local(BackboneDescriptor descriptor, BackboneOrigin origin, string path, IReadOnlyList<string> refused) =>
        With(refused, $"{InFile(descriptor, origin, path)}.");

    /// <summary>The same where the name was "auto".</summary>
    public static string BestHere(ResolvedBackbone best, IReadOnlyList<string> refused) =>
        With(refused, $"{InFile(best.Descriptor, best.Origin, best.Path!)} (auto takes the best one on this machine).");

    /// <summary>A sentence for each of the user's folders that is none.</summary>
    public static IEnumerable<string> MissingFolders(BackboneStoreOptions options) => options.Folders
        .Where(folder => !Directory.Exists(folder))
        .Select(folder => $"{BackboneStoreOptions.FoldersVariable} names '{folder}', which is no folder.");

    /// <summary>The default network, asked for by name.</summary>
    public static string Packaged(BackboneDescriptor descriptor, IReadOnlyList<string> refused) =>
        With(refused, $"Backbone {descriptor.Name}, which comes with the program.");

    /// <summary>The default network's file is not where its package puts it.</summary>
    public static string PackageMissing(BackboneDescriptor packaged, IReadOnlyList<string> folders) =>
        $"The default weights {packaged.Name} are not beside the program: there is no {BackboneFiles.PackagedPath} in {string.Join(" or ", folders.Distinct())}. "
        + "They come with the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18; reference it in the project that is run, or put the file there. "
        + "For other weights give the path of a file.";

    /// <summary>The default network's file is another one.</summary>
    public static string PackageDamaged(BackboneDescriptor packaged, string path, string digest) =>
        $"{path} is damaged or of another version: its SHA-256 is {digest} and should be {packaged.Sha256}. "
        + "Delete it and build or install the program again.";

    /// <summary>The default network, because nothing better could be had.</summary>
    public static string FallBack(
        BackboneDescriptor packaged, BackboneDescriptor best, DownloadException fault, IReadOnlyList<string> refused, BackboneStoreOptions options) =>
        With(refused, $"Backbone {packaged.Name}, which comes with the program, because {best.Name} is not on this machine "
            + $"and {fault.Message}; for better features put {best.FileName} into {Places(options, !fault.IsOfTarget)}.");

    /// <summary>A name of the catalogue that cannot be had.</summary>
    public static string Unavailable(
        BackboneDescriptor wanted, DownloadException fault, IReadOnlyList<string> refused, BackboneStoreOptions options) =>
        With(refused, $"Backbone {wanted.Name} is not on this machine and {fault.Message}. Get {wanted.FileName} from {wanted.Address} "
            + $"(its SHA-256 {(wanted.Sha256!.Length < 64 ? "begins with" : "is")} {wanted.Sha256}) and put it into {Places(options, !fault.IsOfTarget)}. "
            + $"Weights of your own go there as {OwnNames(wanted.Name)}.");

    /// <summary>A name that nothing here has.</summary>
    public static string UnknownName(
        string name, BackboneCatalogue catalogue, IReadOnlyList<string> refused, BackboneStoreOptions options) =>
        With(refused, $"There is no backbone and no file '{name}'. Known are "
            + $"{string.Join(", ", catalogue.Entries.Select(entry => entry.Descriptor.Name))} and auto. "
            + $"For weights of your own give the path of the file, or put {OwnNames(name)} into {Places(options)}.");

    private static string OwnNames(string name) => BackboneFiles.HasWeightsExtension(name)
        ? name
        : string.Join(" or ", BackboneFiles.Extensions.Take(3).Select(extension => name + extension));

    private static string InFile(BackboneDescriptor descriptor, BackboneOrigin origin, string path)
    {
        string place = origin switch
        {
            BackboneOrigin.File => $"from the file {path}",
            BackboneOrigin.Folder => $"found in a folder of {BackboneStoreOptions.FoldersVariable}: {path}",
            BackboneOrigin.Cache => $"from the cache: {path}",
            _ => $"downloaded from {descriptor.Address!.Host} to {path}",
        };
        return $"Backbone {descriptor.Name}, {place}";
    }

    private static string Places(BackboneStoreOptions options, bool isCacheWritable = true)
    {
        string folders = options.Folders.Count == 0
            ? $"a folder that {BackboneStoreOptions.FoldersVariable} names"
            : $"{string.Join(" or ", options.Folders)} ({BackboneStoreOptions.FoldersVariable})";
        return isCacheWritable ? $"{options.CacheFolder}, or into {folders}" : $"{folders}, or {OtherCache}";
    }

    private static string With(IReadOnlyList<string> refused, string sentence) =>
        refused.Count == 0 ? sentence : $"{sentence} Not used: {string.Join(" ", refused)}";
}
