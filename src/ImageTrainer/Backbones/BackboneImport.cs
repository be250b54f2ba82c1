using System.Security.Cryptography;
using ImageTrainer.Backbones.Downloading;
using ImageTrainer.Files;

namespace ImageTrainer.Backbones;

/// <summary>Copies a weight file into the cache: <see cref="BackboneStore.Import"/>.</summary>
/// <param name="cacheFolder">Where it goes; created when needed.</param>
/// <param name="catalogue">Files it knows need no descriptor beside them.</param>
/// <param name="files">What names mean now.</param>
internal sealed class BackboneImport(string cacheFolder, BackboneCatalogue catalogue, BackboneFiles files)
{
    /// <summary>Checks that a text can name a backbone of the user's.</summary>
    /// <exception cref="BackboneException">It cannot.</exception>
    public static void RequireName(string name)
    {
        if (NameFault(name) is { } fault) throw new BackboneException(name, fault);
    }

    /// <summary>Copies, verifies the copy, moves it to its place, and removes what the name meant in the cache before.</summary>
    /// <param name="source">The user's file, identified.</param>
    /// <param name="name">Name to find it by, or null for its own.</param>
    /// <exception cref="BackboneException">
    /// Its own name is none, the name would still mean a file elsewhere, the cache cannot be written, or the file changes meanwhile.
    /// </exception>
    public ResolvedBackbone Run(ResolvedBackbone source, string? name)
    {
        BackboneDescriptor descriptor = Describe(source, name);
        if (name is null && NameFault(descriptor.Name) is { } fault)
            throw new BackboneException(descriptor.Name, $"{fault} Give {source.Path} another name with --name.");
        string target = Path.GetFullPath(Path.Combine(cacheFolder, descriptor.FileName));
        string[] replaced = FindReplaced(descriptor, target);
        try
        {
            Directory.CreateDirectory(cacheFolder);
            if (target != source.Path)
                Copy(source.Path!, target, descriptor.Sha256!);
            if (!IsPublishers(descriptor))
                BackboneDescriptorFile.Write(target + ".json", descriptor);
            foreach (string path in replaced)
            {
                File.Delete(path);
                File.Delete(path + ".json");
            }
        }
        catch (IOException e)
        {
            throw new BackboneException(descriptor.Name, $"{source.Path} cannot be copied to {target}: {e.Message.TrimEnd('.')}. {WayOut}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BackboneException(descriptor.Name, $"{source.Path} may not be copied to {target}: {e.Message.TrimEnd('.')}. {WayOut}", e);
        }
        return new ResolvedBackbone(
            descriptor, BackboneOrigin.Cache, target, BackboneReasons.Local(descriptor, BackboneOrigin.Cache, target, []));
    }

    private static string WayOut => $"Where the cache cannot be written, {BackboneReasons.OtherCache}.";

    private static string? NameFault(string name) =>
        BackboneDescriptorFile.IsName(name) && !BackboneStore.IsAuto(name) && !BackboneFiles.HasWeightsExtension(name)
            ? null
            : $"'{name}' cannot name a backbone. Use letters, digits, '.', '-' and '_', no ending of a weight file, and not 'auto'.";

    private BackboneDescriptor Describe(ResolvedBackbone source, string? name)
    {
        BackboneDescriptor own = source.Descriptor;
        string chosen = name ?? own.Name;
        BackboneDescriptor? known = catalogue.Find(chosen)?.Descriptor;
        if (name is null && known is not null && FileDigest.Matches(own.Sha256!, known.Sha256!))
            return own with { FileName = known.FileName };
        chosen = known?.Name ?? chosen;
        return own with { Name = chosen, FileName = chosen + own.FileName[BackboneFiles.NameOf(own.FileName).Length..].ToLowerInvariant() };
    }

    private bool IsPublishers(BackboneDescriptor descriptor) =>
        catalogue.FindByFileName(descriptor.FileName)?.Descriptor is { } known
        && known.Name == descriptor.Name
        && FileDigest.Matches(descriptor.Sha256!, known.Sha256!);

    /// <summary>The cache's files under this name with other endings, of an earlier import.</summary>
    /// <exception cref="BackboneException">The name would mean another file than the target even without them.</exception>
    private string[] FindReplaced(BackboneDescriptor descriptor, string target)
    {
        string[] own = [.. BackboneFiles.Extensions
            .Select(extension => Path.GetFullPath(Path.Combine(cacheFolder, descriptor.Name + extension)))
            .Where(path => path != target)];
        BackboneFile? other = files.CandidatesBefore(descriptor.Name, target)
            .Where(file => !own.Contains(file.Path) && !IsHarmless(file.Path, descriptor))
            .Select(file => (BackboneFile?)file)
            .FirstOrDefault();
        if (other is { Path: var winner })
            throw new BackboneException(
                descriptor.Name,
                $"The name {descriptor.Name} would still mean {winner}, which comes before {target}. Use another name with --name, or move that file away.");
        // After the publisher's own file none of the user's is looked for.
        return IsPublishers(descriptor) ? [] : own;
    }

    /// <summary>Whether a file has the same content, or is damaged, so that it is passed over.</summary>
    private bool IsHarmless(string path, BackboneDescriptor descriptor)
    {
        try
        {
            return files.Identify(path).Sha256 == descriptor.Sha256;
        }
        catch (BackboneException)
        {
            return true;
        }
    }

    /// <summary>Copies a file and checks the copy. Not File.Copy: a read-only attribute would come along, and bar the cache's renewal.</summary>
    private static void Copy(string source, string target, string digest) => ReplacedFile.WriteOver(target, stream =>
    {
        using (FileStream from = File.OpenRead(source)) from.CopyTo(stream);
        stream.Position = 0;
        if (Convert.ToHexStringLower(SHA256.HashData(stream)) != digest) throw new IOException("it changed while it was copied");
    });
}
