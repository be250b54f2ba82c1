namespace ImageTrainer.Models.MLNet;

/// <summary>The folder of one component while it is written: its block, and the entries beside its Model.key, which come before it.</summary>
internal sealed class ComponentWriter
{
    private readonly string _folder;
    private readonly List<ArchiveEntry> _entries;

    private ComponentWriter(string folder, List<ArchiveEntry> entries)
    {
        _folder = folder;
        _entries = entries;
    }

    /// <summary>The block of the component's Model.key.</summary>
    public BlockWriter Block { get; } = new();

    /// <summary>Writes a component and everything below it.</summary>
    /// <param name="folder">Name of its folder in the zip.</param>
    /// <param name="component">The component.</param>
    /// <returns>The entries, in the order in which ML.NET writes them.</returns>
    public static IReadOnlyList<ArchiveEntry> Write(string folder, IWritableComponent component)
    {
        var entries = new List<ArchiveEntry>();
        Write(folder, component, entries);
        return entries;
    }

    /// <summary>Adds an entry beside the Model.key.</summary>
    /// <param name="entry">The entry; its name is that of the file in the folder.</param>
    public void AddEntry(ArchiveEntry entry) => _entries.Add(entry with { Name = $"{_folder}/{entry.Name}" });

    /// <summary>Adds a component in a folder below.</summary>
    public void AddComponent(string name, IWritableComponent component) => Write($"{_folder}/{name}", component, _entries);

    private static void Write(string folder, IWritableComponent component, List<ArchiveEntry> entries)
    {
        var writer = new ComponentWriter(folder, entries);
        component.Write(writer);
        var key = new ModelKey(component.Identity, writer.Block.Content, writer.Block.Strings);
        writer.AddEntry(new ArchiveEntry(ModelKey.FileName, key.ToBytes()));
    }
}
