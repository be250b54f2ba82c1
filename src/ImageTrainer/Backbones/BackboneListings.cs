namespace ImageTrainer.Backbones;

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
