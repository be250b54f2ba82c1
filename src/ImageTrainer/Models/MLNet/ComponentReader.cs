namespace ImageTrainer.Models.MLNet;

/// <summary>The folder of one component while it is read.</summary>
/// <param name="archive">The zip.</param>
/// <param name="folder">Name of the folder.</param>
/// <param name="key">The folder's Model.key.</param>
internal sealed class ComponentReader(ArchiveReader archive, string folder, ModelKey key)
{
    /// <summary>The block of the component's Model.key.</summary>
    public BlockReader Block { get; } = new(key.Block.ToArray(), key.Strings);

    /// <summary>The component's string table.</summary>
    public IReadOnlyList<string> Strings => key.Strings;

    /// <summary>Reads an entry beside the Model.key.</summary>
    /// <exception cref="ModelFormatException">There is no such entry.</exception>
    public byte[] ReadEntry(string name) => archive.Read($"{folder}/{name}", Array.MaxLength);

    /// <summary>Reads an entry that starts with the length of the rest, as an i32: gives the rest.</summary>
    /// <exception cref="ModelFormatException">There is no such entry, or it does not have that length.</exception>
    public byte[] ReadPrefixedEntry(string name) => archive.ReadPrefixed($"{folder}/{name}", Array.MaxLength);

    /// <summary>Reads an entry beside the Model.key; null where there is none.</summary>
    public byte[]? FindEntry(string name) => archive.Has($"{folder}/{name}") ? ReadEntry(name) : null;

    /// <summary>Reads the component in a folder below.</summary>
    /// <exception cref="ModelFormatException">There is none.</exception>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public IComponent ReadComponent(string name) => ComponentCatalogue.Read(archive, $"{folder}/{name}");
}
