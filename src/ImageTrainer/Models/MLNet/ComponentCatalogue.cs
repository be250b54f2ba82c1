namespace ImageTrainer.Models.MLNet;

/// <summary>The components that can be read, by the name of their loader.</summary>
internal static class ComponentCatalogue
{
    private static readonly Dictionary<string, (uint Version, Func<ComponentReader, IComponent> Read)> Readers =
        new Dictionary<ComponentIdentity, Func<ComponentReader, IComponent>>
        {
            [TransformerChain.KnownIdentity] = TransformerChain.Read,
            [LoadImages.KnownIdentity] = LoadImages.Read,
            [ResizeImages.KnownIdentity] = ResizeImages.Read,
            [ExtractPixels.KnownIdentity] = ExtractPixels.Read,
            [ApplyOnnxModel.KnownIdentity] = ApplyOnnxModel.Read,
            [MulticlassScorer.KnownIdentity] = MulticlassScorer.Read,
            [LinearMulticlassModel.KnownIdentity] = LinearMulticlassModel.Read,
            [MapKeyToValue.KnownIdentity] = MapKeyToValue.Read,
            [MapValueToKey.KnownIdentity] = MapValueToKey.Read,
            [Vocabulary.KnownIdentity] = Vocabulary.Read,
        }.ToDictionary(entry => entry.Key.Loader, entry => (entry.Key.VersionWritten, entry.Value), StringComparer.Ordinal);

    /// <summary>Reads the component in a folder; one whose layout is not known becomes an <see cref="UnknownComponent"/>.</summary>
    /// <exception cref="ModelFormatException">There is none.</exception>
    /// <exception cref="InvalidDataException">It makes no sense.</exception>
    public static IComponent Read(ComponentEntries entries, string folder)
    {
        ModelKey key = ModelKeyReader.Read(entries.Read($"{folder}/{ModelKey.FileName}"));
        if (!Readers.TryGetValue(key.Identity.Loader, out var known) || known.Version != key.Identity.VersionWritten)
            return new UnknownComponent(key.Identity);
        var reader = new ComponentReader(entries, folder, key);
        IComponent component = known.Read(reader);
        reader.Block.RequireEnd();
        return component;
    }
}
