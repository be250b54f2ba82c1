using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace ImageTrainer.Models;

/// <summary>A model.zip in memory: what it says of itself and its network.</summary>
/// <param name="Manifest">The manifest, checked.</param>
/// <param name="Network">The bytes of the ONNX file, checked against the manifest's hash.</param>
internal sealed record ModelPackage(ModelManifest Manifest, byte[] Network);

/// <summary>Reads model.zip. Entry names are looked up, never used as paths; every byte that is used has been checked against a hash first.</summary>
internal static class ModelArchive
{
    /// <summary>Entry of the manifest.</summary>
    public const string ManifestEntry = "ImageTrainer/manifest.json";

    /// <summary>Entry of the manifest's own SHA-256 in hex: the zip's CRC-32 is not checked by every reader.</summary>
    public const string ManifestHashEntry = "ImageTrainer/manifest.sha256";

    /// <summary>Entry of the network.</summary>
    public const string NetworkEntry = "ImageTrainer/model.onnx";

    private const int ManifestLimit = 16 << 20;
    private const int ManifestHashLimit = 1 << 10;

    // The most that deflate packs into one byte (zlib's "Maximum Compression Factor"), and room for its first block.
    private const long LargestExpansion = 1032;
    private const int LargestExpansionStart = 1 << 10;

    /// <summary>Reads and checks a model.</summary>
    /// <param name="stream">A seekable stream; not disposed.</param>
    /// <param name="path">Where it comes from, for messages, or null.</param>
    /// <param name="maxNetworkByteCount">The largest network accepted, in bytes.</param>
    /// <exception cref="ModelFormatException">The file is damaged, foreign, too new or too large.</exception>
    public static ModelPackage Read(Stream stream, string? path, long maxNetworkByteCount)
    {
        try
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            ModelManifest manifest = ReadManifest(zip, path);
            ZipArchiveEntry entry = FindEntry(zip, manifest.Network.Entry, path);
            CheckExtent(entry, stream.Length, path);
            byte[] network = ReadEntry(entry, maxNetworkByteCount, path);
            CheckHash(network, manifest.EntryHashes.GetValueOrDefault(manifest.Network.Entry), manifest.Network.Entry, path);
            return new ModelPackage(manifest, network);
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

    private static ModelManifest ReadManifest(ZipArchive zip, string? path)
    {
        if (zip.GetEntry(ManifestEntry) is not { } entry)
            throw new ModelFormatException(
                ModelFault.Foreign, path, $"the zip has no {ManifestEntry}, so it was not made by ImageTrainer; train one with `imagetrainer train`");
        byte[] json = ReadEntry(entry, ManifestLimit, path);
        string hash = System.Text.Encoding.ASCII.GetString(ReadEntry(FindEntry(zip, ManifestHashEntry, path), ManifestHashLimit, path));
        CheckHash(json, hash, ManifestEntry, path);
        CheckVersion(json, path);
        try
        {
            ModelManifest manifest = ModelManifest.FromJson(json);
            ManifestRules.Check(manifest, path);
            return manifest;
        }
        catch (JsonException exception)
        {
            throw Damaged(path, $"{ManifestEntry} does not read as a manifest", exception);
        }
    }

    // A later version may mean anything by its other fields, so its number is read before them.
    private static void CheckVersion(byte[] json, string? path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("formatVersion", out JsonElement element)
                || element.ValueKind != JsonValueKind.Number
                || !element.TryGetInt32(out int version)
                || version < 1)
                throw Damaged(path, $"{ManifestEntry} names no format version");
            if (version > ModelManifest.CurrentFormatVersion)
                throw new ModelFormatException(ModelFault.TooNew, path,
                    $"it has format version {version} and this library reads up to {ModelManifest.CurrentFormatVersion}; update ImageTrainer");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw Damaged(path, $"{ManifestEntry} is not JSON", exception);
        }
    }

    private static ZipArchiveEntry FindEntry(ZipArchive zip, string name, string? path) =>
        zip.GetEntry(name) ?? throw Damaged(path, $"the zip has no {name}");

    private static byte[] ReadEntry(ZipArchiveEntry entry, long limit, string? path)
    {
        if (entry.Length > limit)
            throw new ModelFormatException(ModelFault.TooLarge, path, $"{entry.FullName} has {entry.Length:N0} bytes and the limit is {limit:N0}");
        byte[] content = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(content);
        if (stream.ReadByte() != -1)
            throw Damaged(path, $"{entry.FullName} is longer than it says");
        return content;
    }

    // What an entry says of its size is believed, and memory taken for it, only as far as the file at hand can bear it out.
    private static void CheckExtent(ZipArchiveEntry entry, long fileLength, string? path)
    {
        if (entry.CompressedLength > fileLength
            || entry.Length > checked((entry.CompressedLength * LargestExpansion) + LargestExpansionStart))
            throw Damaged(path, $"{entry.FullName} claims more bytes than the file can hold");
    }

    private static void CheckHash(byte[] content, string? expected, string entry, string? path)
    {
        string actual = Convert.ToHexStringLower(SHA256.HashData(content));
        if (!string.Equals(actual, expected, StringComparison.Ordinal))
            throw Damaged(path, $"{entry} does not match its SHA-256; copy the file again from where it was made");
    }

    private static bool IsZip(Stream stream)
    {
        if (stream.Length < 4) return false;
        stream.Position = 0;
        Span<byte> start = stackalloc byte[4];
        stream.ReadExactly(start);
        return start is [(byte)'P', (byte)'K', _, _];
    }

    private static ModelFormatException Damaged(string? path, string reason, Exception? cause = null) =>
        new(ModelFault.Damaged, path, reason, cause);
}
