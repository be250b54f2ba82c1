using System.Text.Json;
using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Backbones;

/// <summary>One backbone of the catalogue.</summary>
/// <param name="Descriptor">Name, file, address, checksum, terms and preprocessing.</param>
/// <param name="SizeInMebibytes">Size of the file in 2^20 bytes, as its publisher rounds it.</param>
internal sealed record BackboneCatalogueEntry(BackboneDescriptor Descriptor, double SizeInMebibytes);

/// <summary>
/// The backbones known by name, best first: torchvision's, and last the one built in. catalogue.json has the former; their file names,
/// checksums, sizes and accuracies are those of torchvision/models/resnet.py. Immutable.
/// </summary>
/// <param name="downloadable">Those with a publisher, best first.</param>
/// <param name="embedded">The one built in.</param>
internal sealed class BackboneCatalogue(IReadOnlyList<BackboneCatalogueEntry> downloadable, BackboneCatalogueEntry embedded)
{
    private const string ResourcePrefix = "ImageTrainer.Backbones.";
    private const string EmbeddedName = "resnet10-tiny";

    /// <summary>The catalogue that comes with the assembly.</summary>
    public static BackboneCatalogue Default { get; } = Load();

    /// <summary>Those with a publisher, best first.</summary>
    public IReadOnlyList<BackboneCatalogueEntry> Downloadable { get; } = downloadable;

    /// <summary>The one built in.</summary>
    public BackboneCatalogueEntry Embedded { get; } = embedded;

    /// <summary>All, best first.</summary>
    public IEnumerable<BackboneCatalogueEntry> Entries => Downloadable.Append(Embedded);

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

    /// <summary>Opens the weights built into the assembly; the caller disposes.</summary>
    public static Stream OpenEmbeddedWeights() => OpenResource(EmbeddedName + ".safetensors");

    private static BackboneCatalogue Load()
    {
        using Stream catalogue = OpenResource("catalogue.json");
        CatalogueFields[] downloadable = JsonSerializer.Deserialize(catalogue, DescriptorJson.Default.CatalogueFieldsArray)!;
        using Stream json = OpenResource(EmbeddedName + ".json");
        BackboneDescriptor embedded = JsonSerializer.Deserialize(json, DescriptorJson.Default.DescriptorFields)!.ToDescriptor();
        using Stream weights = OpenEmbeddedWeights();
        return new BackboneCatalogue(
            [.. downloadable.Select(entry => new BackboneCatalogueEntry(entry.Descriptor.ToDescriptor(), entry.SizeInMebibytes))],
            new BackboneCatalogueEntry(embedded, weights.Length / (double)(1 << 20)));
    }

    private static Stream OpenResource(string name) =>
        typeof(BackboneCatalogue).Assembly.GetManifestResourceStream(ResourcePrefix + name)
        ?? throw new InvalidOperationException($"The assembly was built without its resource {name}.");
}
