namespace ImageTrainer.Backbones;

/// <summary>What is said about a choice of backbone: one sentence where it succeeds, and what to do where it does not.</summary>
internal static class BackboneReasons
{
    /// <summary>Weights that lie in a file now.</summary>
    public static string Local(BackboneDescriptor descriptor, BackboneOrigin origin, string path, IReadOnlyList<string> refused)
    {
        string place = origin switch
        {
            BackboneOrigin.File => $"from the file {path}",
            BackboneOrigin.Folder => $"found in a folder of {BackboneStoreOptions.FoldersVariable}: {path}",
            BackboneOrigin.Cache => $"from the cache: {path}",
            _ => $"downloaded from {descriptor.Address!.Host} to {path}",
        };
        return With(refused, $"Backbone {descriptor.Name}, {place}.");
    }

    /// <summary>The same where the name was "auto".</summary>
    public static string BestHere(string reason) => reason.TrimEnd('.') + " (auto takes the best one on this machine).";

    /// <summary>The built-in backbone, asked for by name.</summary>
    public static string BuiltIn(BackboneDescriptor descriptor, IReadOnlyList<string> refused) =>
        With(refused, $"Backbone {descriptor.Name}, the small one that is built in.");

    /// <summary>The built-in backbone, because nothing better could be had.</summary>
    public static string FallBack(
        BackboneDescriptor embedded, BackboneDescriptor best, string fault, IReadOnlyList<string> refused, BackboneStoreOptions options) =>
        With(refused, $"Backbone {embedded.Name}, the small one that is built in, because {best.Name} is not on this machine "
            + $"and {fault}; for better features put {best.FileName} into {options.CacheFolder}.");

    /// <summary>A name of the catalogue that cannot be had.</summary>
    public static string Unavailable(
        BackboneDescriptor wanted, string fault, IReadOnlyList<string> refused, BackboneStoreOptions options) =>
        With(refused, $"Backbone {wanted.Name} is not on this machine and {fault}. Get {wanted.FileName} from {wanted.Address} "
            + $"(its SHA-256 {(wanted.Sha256!.Length < 64 ? "begins with" : "is")} {wanted.Sha256}) and put it into {Places(options)}. "
            + $"Weights of your own go there as {OwnNames(wanted.Name)}.");

    /// <summary>A name that nothing here has.</summary>
    public static string UnknownName(
        string name, BackboneCatalogue catalogue, IReadOnlyList<string> refused, BackboneStoreOptions options) =>
        With(refused, $"There is no backbone and no file '{name}'. Known are "
            + $"{string.Join(", ", catalogue.Entries.Select(entry => entry.Descriptor.Name))} and auto. "
            + $"For weights of your own give the path of the file, or put {OwnNames(name)} into {Places(options)}.");

    private static string OwnNames(string name) => BackboneFiles.HasWeightsExtension(name)
        ? name
        : string.Join(" or ", BackboneFiles.Extensions.Select(extension => name + extension));

    private static string Places(BackboneStoreOptions options) => options.Folders.Count == 0
        ? $"{options.CacheFolder}, or into a folder that {BackboneStoreOptions.FoldersVariable} names"
        : $"{options.CacheFolder}, or into {string.Join(" or ", options.Folders)} ({BackboneStoreOptions.FoldersVariable})";

    private static string With(IReadOnlyList<string> refused, string sentence) =>
        refused.Count == 0 ? sentence : $"{sentence} Not used: {string.Join(" ", refused)}";
}
