namespace ImageTrainer.Backbones;

/// <summary>Weights that are on this machine now, with their checksum verified where one was known.</summary>
/// <param name="Descriptor">What is known of them; <see cref="BackboneDescriptor.Sha256"/> has all 64 digits of the file as it is.</param>
/// <param name="Origin">Where they were found.</param>
/// <param name="Path">Full path of the file.</param>
/// <param name="Reason">One sentence for the user: which weights these are, from where, and why these.</param>
public sealed record ResolvedBackbone(BackboneDescriptor Descriptor, BackboneOrigin Origin, string Path, string Reason)
{
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
