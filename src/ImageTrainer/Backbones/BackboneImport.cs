using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Backbones;

/// <summary>Copies a weight file into the cache: <see cref="BackboneStore.Import"/>.</summary>
internal static class BackboneImport
{
    /// <summary>Copies, verifies the copy, and moves it to its place.</summary>
    /// <param name="source">The user's file, identified.</param>
    /// <param name="name">Name to find it by, or null for its own.</param>
    /// <param name="cacheFolder">Where it goes; created when needed.</param>
    /// <param name="catalogue">Files it knows need no descriptor beside them.</param>
    /// <exception cref="BackboneException">The cache cannot be written, or the file changes meanwhile.</exception>
    public static ResolvedBackbone Run(ResolvedBackbone source, string? name, string cacheFolder, BackboneCatalogue catalogue)
    {
        BackboneDescriptor descriptor = Describe(source, name, catalogue);
        string target = Path.GetFullPath(Path.Combine(cacheFolder, descriptor.FileName));
        try
        {
            Directory.CreateDirectory(cacheFolder);
            if (target != source.Path)
                Copy(source.Path!, target, descriptor.Sha256!);
            if (catalogue.Find(descriptor.FileName)?.Descriptor.Name != descriptor.Name)
                BackboneDescriptorFile.Write(target + ".json", descriptor);
        }
        catch (IOException e)
        {
            throw new BackboneException(descriptor.Name, $"{source.Path} cannot be copied to {target}: {e.Message}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BackboneException(descriptor.Name, $"{source.Path} may not be copied to {target}: {e.Message}", e);
        }
        return new ResolvedBackbone(
            descriptor, BackboneOrigin.Cache, target, BackboneReasons.Local(descriptor, BackboneOrigin.Cache, target, []));
    }

    private static BackboneDescriptor Describe(ResolvedBackbone source, string? name, BackboneCatalogue catalogue)
    {
        BackboneDescriptor own = source.Descriptor;
        if (name is null && catalogue.Find(own.Name) is { } entry && FileDigest.Matches(own.Sha256!, entry.Descriptor.Sha256!))
            return own with { FileName = entry.Descriptor.FileName };
        string extension = Path.GetExtension(own.FileName).ToLowerInvariant();
        return own with { Name = name ?? own.Name, FileName = (name ?? own.Name) + extension };
    }

    private static void Copy(string source, string target, string digest)
    {
        string temporary = $"{target}.{Path.GetRandomFileName()}";
        try
        {
            CopyContent(source, temporary);
            if (FileDigest.Sha256(temporary) != digest)
                throw new IOException("it changed while it was copied");
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Not File.Copy: that would copy a read-only attribute too, and the cache could not be renewed.</summary>
    private static void CopyContent(string source, string target)
    {
        using FileStream from = File.OpenRead(source);
        using FileStream to = File.Create(target);
        from.CopyTo(to);
        to.Flush(flushToDisk: true);
    }
}
