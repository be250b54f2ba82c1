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

/// <summary>Makes the lines of <see cref="BackboneStore.List"/>.</summary>
internal static class BackboneListings
{
    /// <summary>The catalogue's backbones, then the files in folders and cache that are none of them.</summary>
    /// <exception cref="BackboneException">A folder cannot be listed.</exception>
    public static IReadOnlyList<BackboneListing> Of(BackboneCatalogue catalogue, BackboneFiles files)
    {
        try
        {
            List<BackboneListing> known = [.. catalogue.Entries.Select(entry => Known(entry, catalogue, files))];
            HashSet<string?> listed = [.. known.Select(listing => listing.Path)];
            return [.. known, .. files.All().Where(file => !listed.Contains(file.Path)).Select(file => Here(null, file))];
        }
        catch (IOException e)
        {
            throw new BackboneException("list", $"The folders of backbones cannot be listed: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BackboneException("list", $"The folders of backbones may not be listed by this user: {e.Message}", e);
        }
    }

    private static BackboneListing Known(BackboneCatalogueEntry entry, BackboneCatalogue catalogue, BackboneFiles files)
    {
        foreach (BackboneFile file in files.Candidates(entry.Descriptor.Name))
            return Here(entry.Descriptor, file);
        long byteCount = (long)Math.Round(entry.SizeInMebibytes * (1 << 20));
        if (entry == catalogue.Packaged)
        {
            string? path = files.FindPackaged();
            return new BackboneListing(entry.Descriptor, BackboneOrigin.Package, path, byteCount, path ?? "not here: comes with the package, as a file beside the program");
        }

        string where = $"not here: would be downloaded from {entry.Descriptor.Address!.Host}";
        return new BackboneListing(entry.Descriptor, BackboneOrigin.Download, null, byteCount, where);
    }

    private static BackboneListing Here(BackboneDescriptor? known, BackboneFile file)
    {
        (BackboneDescriptor descriptor, string where) = Describe(known, file.Path);
        return new BackboneListing(descriptor, file.Origin, file.Path, new FileInfo(file.Path).Length, where);
    }

    /// <summary>A file under another name than the publisher's may be anyone's: it gets no licence from the catalogue.</summary>
    private static (BackboneDescriptor Descriptor, string Where) Describe(BackboneDescriptor? known, string path)
    {
        string fileName = Path.GetFileName(path);
        var unknown = new BackboneDescriptor { Name = known?.Name ?? BackboneFiles.NameOf(path), FileName = fileName };
        if (known?.FileName == fileName)
            return (known, path);
        try
        {
            // Files are found by their own names, whatever the descriptor beside them says.
            BackboneDescriptor? beside = BackboneDescriptorFile.ReadBeside(path);
            return (beside is null ? unknown : beside with { Name = unknown.Name }, path);
        }
        catch (BackboneException e)
        {
            return (unknown, e.Message);
        }
    }
}

/// <summary>One line of <see cref="BackboneStore.List"/>: a backbone that can be named, and where it is now.</summary>
/// <param name="Descriptor">What is known of it. The checksum of a file on this machine is not verified for a listing.</param>
/// <param name="Origin">Where it would be taken from; <see cref="BackboneOrigin.Download"/> where it is not on this machine.</param>
/// <param name="Path">Full path of its file, or null where there is none.</param>
/// <param name="ByteCount">Size in bytes: of the file, or where that is not here of the publisher's, to within a kilobyte.</param>
/// <param name="Where">The same for people: the path, or "not here: would be downloaded from ...".</param>
public sealed record BackboneListing(BackboneDescriptor Descriptor, BackboneOrigin Origin, string? Path, long ByteCount, string Where);
