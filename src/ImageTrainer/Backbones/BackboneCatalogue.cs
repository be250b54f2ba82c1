using System.Text.Json;
using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Backbones;

/// <summary>One backbone of the catalogue.</summary>
/// <param name="Descriptor">Name, file, address, checksum, terms and preprocessing.</param>
/// <param name="SizeInMebibytes">Size of the file in 2^20 bytes, as its publisher rounds it.</param>
internal sealed record BackboneCatalogueEntry(BackboneDescriptor Descriptor, double SizeInMebibytes);

/// <summary>
/// The backbones known by name, best first: torchvision's, and last the one that comes with the package. They are in catalogue.json; file names,
/// checksums, sizes and accuracies of torchvision's are those of torchvision/models/resnet.py. Immutable.
/// </summary>
/// <param name="downloadable">Those with a publisher, best first.</param>
/// <param name="packaged">The one whose file comes with the package.</param>
internal sealed class BackboneCatalogue(IReadOnlyList<BackboneCatalogueEntry> downloadable, BackboneCatalogueEntry packaged)
{
    private const string ResourceName = "ImageTrainer.Backbones.catalogue.json";

    /// <summary>The catalogue that comes with the assembly.</summary>
    public static BackboneCatalogue Default { get; } = Load();

    /// <summary>Those with a publisher, best first.</summary>
    public IReadOnlyList<BackboneCatalogueEntry> Downloadable { get; } = downloadable;

    /// <summary>The one whose file comes with the package.</summary>
    public BackboneCatalogueEntry Packaged { get; } = packaged;

    /// <summary>All, best first.</summary>
    public IEnumerable<BackboneCatalogueEntry> Entries => Downloadable.Append(Packaged);

    /// <summary>The entry of this name, in any case, or of exactly this file name, or null.</summary>
    public BackboneCatalogueEntry? Find(string nameOrFileName) =>
        Entries.FirstOrDefault(entry => entry.Descriptor.Name.Equals(nameOrFileName, StringComparison.OrdinalIgnoreCase))
        ?? FindByFileName(nameOrFileName);

    /// <summary>The entry of exactly this file name, or null.</summary>
    public BackboneCatalogueEntry? FindByFileName(string fileName) =>
        Entries.FirstOrDefault(entry => entry.Descriptor.FileName == fileName);

    /// <summary>The entry of the file with this SHA-256, or null.</summary>
    /// <param name="digest">64 lower-case hex digits.</param>
    public BackboneCatalogueEntry? FindByDigest(string digest) =>
        Entries.FirstOrDefault(entry => FileDigest.Matches(digest, entry.Descriptor.Sha256!));

    private static BackboneCatalogue Load()
    {
        using Stream resource = typeof(BackboneCatalogue).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The assembly was built without its resource {ResourceName}.");
        CatalogueFields[] fields = JsonSerializer.Deserialize(resource, DescriptorJson.Default.CatalogueFieldsArray)!;
        BackboneCatalogueEntry[] entries = [.. fields.Select(entry => new BackboneCatalogueEntry(entry.Descriptor.ToDescriptor(), entry.SizeInMebibytes))];
        return new BackboneCatalogue([.. entries.Where(entry => entry.Descriptor.Address is not null)], entries.Single(entry => entry.Descriptor.Address is null));
    }
}
