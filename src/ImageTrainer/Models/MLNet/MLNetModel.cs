using System.Text;
using ImageTrainer.Models.MLNet.Idv;

namespace ImageTrainer.Models.MLNet;

/// <summary>An ML.NET model zip, read without ML.NET: what its steps are, not what they compute.</summary>
/// <param name="Writer">What wrote it, as the file says; null where it does not.</param>
/// <param name="Chain">Its steps.</param>
/// <param name="InputSchema">The columns that go in; null where the file does not say.</param>
internal sealed record MLNetModel(string? Writer, TransformerChain Chain, IdvSchema? InputSchema)
{
    private const int MaxEntryLength = 64 << 20;
    private const string KeyEntry = $"{TransformerChain.Folder}/{ModelKey.FileName}";

    /// <summary>Reads a zip; null where it holds no chain of ML.NET.</summary>
    /// <exception cref="ModelFormatException">An entry makes no sense; the message says what does not.</exception>
    public static MLNetModel? TryRead(ArchiveReader archive)
    {
        if (!archive.Has(KeyEntry)) return null;
        try
        {
            var chain = ComponentCatalogue.Read(new ComponentEntries(archive), TransformerChain.Folder) as TransformerChain;
            return new MLNetModel(
                Find(archive, ImageClassifierChain.VersionEntry) is { } version ? Encoding.UTF8.GetString(version).Trim() : null,
                chain ?? throw new InvalidDataException($"{KeyEntry} is no chain"),
                Find(archive, ImageClassifierChain.SchemaEntry) is { } schema ? IdvSchemaReader.Read(schema) : null);
        }
        catch (InvalidDataException exception)
        {
            throw archive.Damaged($"its ML.NET part makes no sense ({exception.Message.TrimEnd('.')})", exception);
        }
    }

    private static byte[]? Find(ArchiveReader archive, string name) => archive.Has(name) ? archive.Read(name, MaxEntryLength) : null;
}
