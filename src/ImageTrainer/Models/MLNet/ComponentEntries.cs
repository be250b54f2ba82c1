namespace ImageTrainer.Models.MLNet;

/// <summary>The entries of an ML.NET model: all but its networks together are read only as far as a model goes.</summary>
/// <param name="archive">The zip.</param>
internal sealed class ComponentEntries(ArchiveReader archive)
{
    // A few kilobytes of zeros inflate to this much, and entries may share them.
    private const int MaxByteCount = 256 << 20;

    private long _bytesLeft = MaxByteCount;

    /// <summary>Whether there is an entry.</summary>
    public bool Has(string name) => archive.Has(name);

    /// <summary>Reads an entry.</summary>
    /// <exception cref="ModelFormatException">There is no such entry, or it is too large.</exception>
    public byte[] Read(string name)
    {
        try
        {
            byte[] content = archive.Read(name, _bytesLeft);
            _bytesLeft -= content.Length;
            return content;
        }
        catch (ModelFormatException exception) when (exception.Fault == ModelFault.TooLarge)
        {
            throw new ModelFormatException(ModelFault.TooLarge, archive.Path,
                $"its ML.NET part has more than {MaxByteCount:N0} bytes beside the networks, and no more are read", exception);
        }
    }

    /// <summary>Reads the entry of a network, which starts with the length of the rest, as an i32: gives the rest.</summary>
    /// <exception cref="ModelFormatException">There is no such entry, or it does not have that length.</exception>
    public byte[] ReadNetwork(string name) => archive.ReadPrefixed(name, Array.MaxLength);
}
