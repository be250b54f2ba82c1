namespace ImageTrainer.Models.MLNet;

/// <summary>The folder of one component while it is read.</summary>
/// <param name="entries">The entries of the zip.</param>
/// <param name="folder">Name of the folder.</param>
/// <param name="key">The folder's Model.key.</param>
internal sealed class ComponentReader(ComponentEntries entries, string folder, ModelKey key)
{
    /// <summary>The block of the component's Model.key.</summary>
    public BlockReader Block { get; } = new(key.Block, key.Strings);

    /// <summary>The component's string table.</summary>
    public IReadOnlyList<string> Strings => key.Strings;

    /// <summary>Reads an entry beside the Model.key.</summary>
    /// <exception cref="ModelFormatException">There is no such entry.</exception>
    public byte[] ReadEntry(string name) => entries.Read($"{folder}/{name}");

    /// <inheritdoc cref="ComponentEntries.ReadNetwork"/>
    public byte[] ReadNetwork(string name) => entries.ReadNetwork($"{folder}/{name}");

    /// <summary>Reads an entry beside the Model.key; null where there is none.</summary>
    public byte[]? FindEntry(string name) => entries.Has($"{folder}/{name}") ? ReadEntry(name) : null;

    /// <summary>Reads the component in a folder below.</summary>
    /// <exception cref="ModelFormatException">There is none.</exception>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public IComponent ReadComponent(string name) => ComponentCatalogue.Read(entries, $"{folder}/{name}");
}
