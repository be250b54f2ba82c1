using System.IO.Compression;
using System.Text;
using ImageTrainer.Models.MLNet;

namespace ImageTrainer.Models;

/// <summary>
/// Writes model.zip: the entries that ML.NET reads, with the network among them, then the manifest. Equal content gives equal bytes: entries
/// stand in a fixed order, carry no time, and the network is stored as it is (weights do not compress, and stored bytes can be read in place).
/// </summary>
internal static class ModelArchiveWriter
{
    // The earliest time a zip can hold: the time of writing must not be part of the bytes.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a model to a temporary file beside the path and then moves it there, so that no reader ever sees half of one.</summary>
    /// <param name="path">Path of the zip; an existing file is replaced.</param>
    /// <param name="manifest">What the model says of itself; the entry hashes and the network's place are filled in here.</param>
    /// <param name="network">Bytes of the ONNX file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void Write(string path, ModelManifest manifest, byte[] network) =>
        ReplacedFile.Write(path, stream => Write(stream, manifest, network));

    /// <summary>Writes a model to a stream, which is not disposed.</summary>
    /// <inheritdoc cref="Write(string, ModelManifest, byte[])"/>
    public static void Write(Stream stream, ModelManifest manifest, byte[] network)
    {
        IReadOnlyList<ArchiveEntry> entries = ImageClassifierChain.CreateEntries(manifest, network);
        ModelManifest complete = manifest with
        {
            Network = manifest.Network with { Entry = ModelArchive.NetworkEntry },
            EntryHashes = new SortedDictionary<string, string>(entries.ToDictionary(entry => entry.Name, entry => entry.ComputeHash()), StringComparer.Ordinal),
        };
        var json = new ArchiveEntry(ModelArchive.ManifestEntry, complete.ToJson());
        byte[] hash = Encoding.ASCII.GetBytes(json.ComputeHash());
        WriteEntries(stream, [.. entries, json, new ArchiveEntry(ModelArchive.ManifestHashEntry, hash) { IsStored = true }]);
    }

    /// <summary>Writes entries to a zip, in their order.</summary>
    public static void WriteEntries(Stream stream, IEnumerable<ArchiveEntry> entries)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (ArchiveEntry entry in entries) WriteEntry(zip, entry);
    }

    private static void WriteEntry(ZipArchive zip, ArchiveEntry entry)
    {
        ZipArchiveEntry target = zip.CreateEntry(entry.Name, entry.IsStored ? CompressionLevel.NoCompression : CompressionLevel.Optimal);
        target.LastWriteTime = NoTime;
        using Stream stream = target.Open();
        stream.Write(entry.Prefix.Span);
        stream.Write(entry.Content.Span);
    }
}
