using ImageTrainer.Imaging;

namespace ImageTrainer.Backbones;

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

/// <summary>What a weight file turned out to be.</summary>
/// <param name="Descriptor">Name, source and licence; the architecture is the one that was recognised.</param>
/// <param name="Sha256">Hash of the file, 64 hexadecimal digits in lower case.</param>
/// <param name="FeatureCount">How many numbers the network says of an image.</param>
/// <param name="Preprocessing">What images become before the network sees them.</param>
public sealed record BackboneInfo(BackboneDescriptor Descriptor, string Sha256, int FeatureCount, ImagePreprocessing Preprocessing);
