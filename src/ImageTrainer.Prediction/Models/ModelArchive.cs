using System.IO.Compression;
using System.Text.Json;

namespace ImageTrainer.Models;

/// <summary>A model.zip in memory: what it says of itself and its network.</summary>
/// <param name="Manifest">The manifest, checked.</param>
/// <param name="Network">The bytes of the ONNX file, which hold the manifest too.</param>
internal sealed record ModelPackage(ModelManifest Manifest, byte[] Network);

/// <summary>
/// Reads model.zip: a model that ML.NET saved, in which a network of ours stands. Every entry has been held against its CRC-32 before anything
/// is used, also those that only ML.NET reads: a file that is damaged anywhere is copied again, not used.
/// </summary>
internal static class ModelArchive
{
    /// <summary>Key of the manifest in the <c>metadata_props</c> of the ONNX file: it goes wherever the network goes.</summary>
    public const string ManifestKey = "ImageTrainer.Manifest";

    /// <summary>Name of the entries in which ML.NET keeps ONNX files, i32 length, then the file; folders stand before it.</summary>
    public const string NetworkName = "/OnnxModel";

    private const string FirstFormatEntry = "ImageTrainer/manifest.json";
    private const int ManifestLimit = 16 << 20;

    // For all together, as entries may share their bytes. ML.NET's are small but for its weights: 4 MB for 1,024 classes.
    private const int OthersLimit = 64 << 20;

    /// <summary>Reads and checks a model.</summary>
    /// <param name="stream">A seekable stream; not disposed.</param>
    /// <param name="path">Where it comes from, for messages, or null.</param>
    /// <param name="maxNetworkByteCount">The largest network accepted, in bytes.</param>
    /// <exception cref="ModelFormatException">The file is damaged, foreign, too new or too large.</exception>
    public static ModelPackage Read(Stream stream, string? path, long maxNetworkByteCount) =>
        Open(stream, path, archive => Read(archive, maxNetworkByteCount));

    /// <summary>Reads and checks a model in an open zip.</summary>
    /// <inheritdoc cref="Read(Stream, string?, long)"/>
    public static ModelPackage Read(ArchiveReader archive, long maxNetworkByteCount) =>
        Find(archive, maxNetworkByteCount) ?? throw Foreign(archive);

    /// <summary>Reads and checks a zip; null where no network of ours stands in it.</summary>
    /// <inheritdoc cref="Read(Stream, string?, long)"/>
    public static ModelPackage? Find(ArchiveReader archive, long maxNetworkByteCount)
    {
        foreach (string name in archive.Names.Where(name => name.EndsWith(NetworkName, StringComparison.Ordinal)))
        {
            byte[] network = archive.ReadPrefixed(name, maxNetworkByteCount);
            if (!NetworkMetadata.TryFind(network, ManifestKey, out ReadOnlySpan<byte> json)) continue;
            ModelManifest manifest = ReadManifest(archive, json);
            CheckOthers(archive, name);
            return new ModelPackage(manifest, network);
        }

        return null;
    }

    /// <summary>Opens a zip and reads from it.</summary>
    /// <param name="stream">A seekable stream; not disposed.</param>
    /// <param name="path">Where it comes from, for messages, or null.</param>
    /// <param name="read">Reads from the open zip.</param>
    /// <exception cref="ModelFormatException">The file is no zip, or a damaged one.</exception>
    public static T Open<T>(Stream stream, string? path, Func<ArchiveReader, T> read)
    {
        try
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            return read(new ArchiveReader(zip, stream.Length, path));
        }
        // The zip reader's own ways of saying that the bytes make no sense.
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw IsZip(stream)
                ? new ModelFormatException(ModelFault.Damaged, path, "the zip is cut short or damaged; copy it again from where it was made", exception)
                : new ModelFormatException(ModelFault.Foreign, path, "it is not a zip file; give the model.zip that `imagetrainer train` wrote", exception);
        }
    }

    /// <summary>Copies a stream that cannot seek into memory, as far as a model within the limit can reach.</summary>
    /// <param name="stream">The stream, read from where it stands; not disposed.</param>
    /// <param name="maxNetworkByteCount">The largest network accepted, in bytes.</param>
    /// <exception cref="ModelFormatException">The stream is longer than that.</exception>
    public static MemoryStream ReadToMemory(Stream stream, long maxNetworkByteCount)
    {
        long limit = Math.Min(maxNetworkByteCount + (2L * ManifestLimit), Array.MaxLength);
        var copy = new MemoryStream();
        byte[] buffer = new byte[1 << 16];
        for (int count; (count = stream.Read(buffer)) > 0;)
        {
            if (copy.Length + count > limit)
                throw new ModelFormatException(ModelFault.TooLarge, null, $"the stream has more than {limit:N0} bytes");
            copy.Write(buffer, 0, count);
        }

        return copy;
    }

    private static void CheckOthers(ArchiveReader archive, string networkEntry)
    {
        int left = OthersLimit;
        foreach (string name in archive.Names.Where(name => name != networkEntry)) left -= ReadOther(archive, name, left).Length;
    }

    private static byte[] ReadOther(ArchiveReader archive, string name, int limit)
    {
        try
        {
            return archive.Read(name, limit);
        }
        catch (ModelFormatException exception) when (exception.Fault == ModelFault.TooLarge)
        {
            throw new ModelFormatException(ModelFault.TooLarge, archive.Path,
                $"its entries beside the network have more than {OthersLimit:N0} bytes; use the file that `imagetrainer train` wrote", exception);
        }
    }

    private static ModelFormatException Foreign(ArchiveReader archive) => new(
        ModelFault.Foreign,
        archive.Path,
        archive.Has(FirstFormatEntry)
            ? "it was made by ImageTrainer 0.2, whose files this version does not read; train it again"
            : "the zip holds no network of ImageTrainer, so it was not made by ImageTrainer; train one with `imagetrainer train`");

    private static ModelManifest ReadManifest(ArchiveReader archive, ReadOnlySpan<byte> json)
    {
        CheckVersion(archive, json);
        try
        {
            ModelManifest manifest = ModelManifest.FromJson(json);
            ManifestRules.Check(manifest, archive.Path);
            return manifest;
        }
        catch (JsonException exception)
        {
            throw archive.Damaged("its manifest does not read as a manifest", exception);
        }
    }

    // A later version may mean anything by its other fields, so its number is read before them.
    private static void CheckVersion(ArchiveReader archive, ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("formatVersion", out JsonElement element)
                || element.ValueKind != JsonValueKind.Number
                || !element.TryGetInt32(out int version)
                || version < 1)
                throw archive.Damaged("its manifest names no format version");
            if (version > ModelManifest.CurrentFormatVersion)
                throw new ModelFormatException(ModelFault.TooNew, archive.Path,
                    $"it has format version {version} and this library reads up to {ModelManifest.CurrentFormatVersion}; update ImageTrainer");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw archive.Damaged("its manifest is not JSON", exception);
        }
    }

    private static bool IsZip(Stream stream)
    {
        if (stream.Length < 4) return false;
        stream.Position = 0;
        Span<byte> start = stackalloc byte[4];
        stream.ReadExactly(start);
        return start is [(byte)'P', (byte)'K', _, _];
    }
}
