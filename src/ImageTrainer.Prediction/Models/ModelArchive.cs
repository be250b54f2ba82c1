using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ImageTrainer.Models;

/// <summary>A model.zip in memory: what it says of itself and its network.</summary>
/// <param name="Manifest">The manifest, checked.</param>
/// <param name="Network">The bytes of the ONNX file, checked against the manifest's hash.</param>
internal sealed record ModelPackage(ModelManifest Manifest, byte[] Network);

/// <summary>
/// Reads model.zip. Every entry has been checked against a hash before anything is used, also those that only ML.NET reads: a file that is
/// damaged anywhere is copied again, not used.
/// </summary>
internal static class ModelArchive
{
    /// <summary>Entry of the manifest.</summary>
    public const string ManifestEntry = "ImageTrainer/manifest.json";

    /// <summary>Entry of the manifest's own SHA-256 in hex: the zip's CRC-32 is not checked by every reader.</summary>
    public const string ManifestHashEntry = "ImageTrainer/manifest.sha256";

    /// <summary>Entry of the network, where ML.NET looks for it: i32 length, then the ONNX file.</summary>
    public const string NetworkEntry = "TransformerChain/Transform_003/OnnxModel";

    private const int ManifestLimit = 16 << 20;
    private const int ManifestHashLimit = 1 << 10;

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
        Read(archive, maxNetworkByteCount, package => package);

    /// <summary>Reads a model and makes something of it while its hashes are being checked.</summary>
    /// <param name="archive">The open zip.</param>
    /// <param name="maxNetworkByteCount">The largest network accepted, in bytes.</param>
    /// <param name="make">
    /// Gets the manifest, which is checked, and a network that may yet turn out to be damaged: it may load the network, not run it.
    /// </param>
    /// <returns>What was made, once every hash has been found right; where one is not, it is disposed.</returns>
    /// <inheritdoc cref="Read(Stream, string?, long)"/>
    public static T Read<T>(ArchiveReader archive, long maxNetworkByteCount, Func<ModelPackage, T> make)
        where T : class
    {
        ModelManifest manifest = ReadManifest(archive);
        byte[] network = archive.ReadPrefixed(manifest.Network.Entry, maxNetworkByteCount);
        Task check = Task.Run(() => CheckHashes(archive, manifest, network));
        T? made = null;
        try
        {
            made = make(new ModelPackage(manifest, network));
        }
        finally
        {
            // Damage is the cause of whatever else went wrong, so its exception takes the other's place.
            WaitFor(check, made as IDisposable);
        }

        return made;
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

    private static void WaitFor(Task check, IDisposable? made)
    {
        try
        {
            check.GetAwaiter().GetResult();
        }
        catch
        {
            made?.Dispose();
            throw;
        }
    }

    private static void CheckHashes(ArchiveReader archive, ModelManifest manifest, byte[] network)
    {
        string networkEntry = manifest.Network.Entry;
        CheckHash(archive, networkEntry, ArchiveReader.HashPrefixed(network), manifest.EntryHashes.GetValueOrDefault(networkEntry));
        int left = OthersLimit;
        foreach ((string name, string hash) in manifest.EntryHashes.Where(entry => entry.Key != networkEntry))
        {
            byte[] content = ReadOther(archive, name, left);
            left -= content.Length;
            CheckHash(archive, name, SHA256.HashData(content), hash);
        }
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

    private static ModelManifest ReadManifest(ArchiveReader archive)
    {
        if (!archive.Has(ManifestEntry))
            throw new ModelFormatException(
                ModelFault.Foreign, archive.Path, $"the zip has no {ManifestEntry}, so it was not made by ImageTrainer; train one with `imagetrainer train`");
        byte[] json = archive.Read(ManifestEntry, ManifestLimit);
        string hash = Encoding.ASCII.GetString(archive.Read(ManifestHashEntry, ManifestHashLimit));
        CheckHash(archive, ManifestEntry, SHA256.HashData(json), hash);
        CheckVersion(archive, json);
        try
        {
            ModelManifest manifest = ModelManifest.FromJson(json);
            ManifestRules.Check(manifest, archive.Path);
            return manifest;
        }
        catch (JsonException exception)
        {
            throw archive.Damaged($"{ManifestEntry} does not read as a manifest", exception);
        }
    }

    // A later version may mean anything by its other fields, so its number is read before them.
    private static void CheckVersion(ArchiveReader archive, byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("formatVersion", out JsonElement element)
                || element.ValueKind != JsonValueKind.Number
                || !element.TryGetInt32(out int version)
                || version < 1)
                throw archive.Damaged($"{ManifestEntry} names no format version");
            if (version > ModelManifest.CurrentFormatVersion)
                throw new ModelFormatException(ModelFault.TooNew, archive.Path,
                    $"it has format version {version} and this library reads up to {ModelManifest.CurrentFormatVersion}; update ImageTrainer");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw archive.Damaged($"{ManifestEntry} is not JSON", exception);
        }
    }

    private static void CheckHash(ArchiveReader archive, string name, byte[] actual, string? expected)
    {
        if (!string.Equals(Convert.ToHexStringLower(actual), expected, StringComparison.Ordinal))
            throw archive.Damaged($"{VisibleText.Of(name)} does not match its SHA-256; copy the file again from where it was made");
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
