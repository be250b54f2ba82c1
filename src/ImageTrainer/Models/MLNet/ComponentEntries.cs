namespace ImageTrainer.Models.MLNet;

/// <summary>The entries of an ML.NET model: all but its networks together are read only as far as a model goes.</summary>
/// <param name="archive">The zip.</param>
internal sealed class ComponentEntries(ArchiveReader archive)
{
    // A few kilobytes of zeros inflate to this much, and entries may share them.
    private long _bytesLeft = 256 << 20;

    /// <summary>Whether there is an entry.</summary>
    public bool Has(string name) => archive.Has(name);

    /// <summary>Reads an entry.</summary>
    /// <exception cref="ModelFormatException">There is no such entry, or it is too large.</exception>
    public byte[] Read(string name)
    {
        byte[] content = archive.Read(name, _bytesLeft);
        _bytesLeft -= content.Length;
        return content;
    }

    /// <summary>Reads the entry of a network, which starts with the length of the rest, as an i32: gives the rest.</summary>
    /// <exception cref="ModelFormatException">There is no such entry, or it does not have that length.</exception>
    public byte[] ReadNetwork(string name) => archive.ReadPrefixed(name, Array.MaxLength);
}
