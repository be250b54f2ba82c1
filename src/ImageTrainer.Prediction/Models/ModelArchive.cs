using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text.Json;

namespace ImageTrainer.Models;

/// <summary>A model.zip in memory: what it says of itself and its network.</summary>
/// <param name="Manifest">The manifest, checked.</param>
/// <param name="Network">The bytes of the ONNX file, which hold the manifest too.</param>
internal sealed record ModelPackage(ModelManifest Manifest, byte[] Network);

/// <summary>
/// Reads model.zip: a model that ML.NET saved, in which a network of ours stands. Every entry has been held against its CRC-32 before
/// anything is used, also those that only ML.NET reads: a file that is damaged anywhere is copied again, not used.
/// </summary>
internal static class ModelArchive
{
    /// <summary>Key of the manifest in the <c>metadata_props</c> of the ONNX file: it goes wherever the network goes.</summary>
    public const string ManifestKey = "ImageTrainer.Manifest";

    /// <summary>Name of the entries in which ML.NET keeps ONNX files, i32 length, then the file; folders stand before it.</summary>
    public const string NetworkName = "/OnnxModel";

    private const string FirstFormatEntry = "ImageTrainer/manifest.json";
    private const int ManifestLimit = 16 << 20;

    /// <summary>
    /// For all together, as entries may share their bytes. ML.NET's are small but for its weights: 4 MB for 1,024 classes.
    /// </summary>
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
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException
            or ArgumentException or NotSupportedException or OverflowException)
        {
            (ModelFault fault, string reason) = IsZip(stream)
                ? (ModelFault.Damaged, "the zip is cut short or damaged; copy it again from where it was made")
                : (ModelFault.Foreign, "it is not a zip file; give the model.zip that `imagetrainer train` wrote");
            throw new ModelFormatException(fault, path, reason, exception);
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
            string reason = $"its entries beside the network have more than {OthersLimit:N0} bytes";
            throw new ModelFormatException(
                ModelFault.TooLarge, archive.Path, $"{reason}; use the file that `imagetrainer train` wrote", exception);
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

    /// <summary>A later version may mean anything by its other fields, so its number is read before them.</summary>
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
            {
                throw new ModelFormatException(ModelFault.TooNew, archive.Path, $"it has format version {version} "
                    + $"and this library reads up to {ModelManifest.CurrentFormatVersion}; update ImageTrainer");
            }
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

/// <summary>The entries of a zip that anybody may have made. Names are looked up, never used as paths.</summary>
/// <param name="zip">The zip; not disposed.</param>
/// <param name="fileLength">Length of its file in bytes.</param>
/// <param name="path">Where it comes from, for messages, or null.</param>
internal sealed class ArchiveReader(ZipArchive zip, long fileLength, string? path)
{
    private const int PrefixLength = sizeof(int);

    // The most that deflate packs into one byte (zlib's "Maximum Compression Factor"), and room for its first block.
    private const long LargestExpansion = 1032;
    private const int LargestExpansionStart = 1 << 10;

    /// <summary>Where the zip comes from, for messages, or null.</summary>
    public string? Path => path;

    /// <summary>The names of all entries, in the order of the zip.</summary>
    public IEnumerable<string> Names => zip.Entries.Select(entry => entry.FullName);

    /// <summary>Whether there is an entry.</summary>
    public bool Has(string name) => zip.GetEntry(name) is not null;

    /// <summary>Reads an entry.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="maxByteCount">The most bytes accepted.</param>
    /// <exception cref="ModelFormatException">It is missing, too large, or not what its length and its CRC-32 say.</exception>
    public byte[] Read(string name, long maxByteCount)
    {
        ZipArchiveEntry entry = Entry(name);
        CheckLength(entry, entry.Length, maxByteCount);
        byte[] content = new byte[entry.Length];
        using Stream stream = entry.Open();
        ReadToEnd(stream, content, name);
        CheckSum(entry, [], content);
        return content;
    }

    /// <summary>
    /// Reads an entry that starts with the length of the rest, as a little-endian i32: the rest goes straight into its own array.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="maxByteCount">The most bytes accepted after the length.</param>
    /// <returns>The rest.</returns>
    /// <exception cref="ModelFormatException">It is missing, too large, or not what its length and its CRC-32 say.</exception>
    public byte[] ReadPrefixed(string name, long maxByteCount)
    {
        ZipArchiveEntry entry = Entry(name);
        CheckLength(entry, entry.Length - PrefixLength, maxByteCount);
        using Stream stream = entry.Open();
        Span<byte> prefix = stackalloc byte[PrefixLength];
        stream.ReadExactly(prefix);
        byte[] content = GC.AllocateUninitializedArray<byte>((int)entry.Length - PrefixLength);
        ReadToEnd(stream, content, name);
        CheckSum(entry, prefix, content);
        if (BinaryPrimitives.ReadInt32LittleEndian(prefix) != content.Length)
            throw Damaged($"{VisibleText.Of(name)} does not have the length it starts with");
        return content;
    }

    /// <summary>The exception for a file that makes no sense.</summary>
    public ModelFormatException Damaged(string reason, Exception? cause = null) => new(ModelFault.Damaged, path, reason, cause);

    private ZipArchiveEntry Entry(string name) => zip.GetEntry(name) ?? throw Damaged($"the zip has no {VisibleText.Of(name)}");

    /// <summary>
    /// What an entry says of its size is believed, and memory taken for it, only as far as the file at hand can bear it out.
    /// </summary>
    private void CheckLength(ZipArchiveEntry entry, long length, long limit)
    {
        string name = VisibleText.Of(entry.FullName);
        if (length > limit)
            throw new ModelFormatException(ModelFault.TooLarge, path, $"{name} has {length:N0} bytes and the limit is {limit:N0}");
        if (entry.CompressedLength > fileLength
            || entry.Length > checked((entry.CompressedLength * LargestExpansion) + LargestExpansionStart))
            throw Damaged($"{name} claims more bytes than the file can hold");
    }

    /// <summary>.NET's zip reader does not compare it.</summary>
    private void CheckSum(ZipArchiveEntry entry, ReadOnlySpan<byte> prefix, byte[] content)
    {
        var sum = new Crc32();
        sum.Append(prefix);
        sum.Append(content);
        if (sum.GetCurrentHashAsUInt32() != entry.Crc32)
            throw Damaged($"{VisibleText.Of(entry.FullName)} does not match its CRC-32; copy the file again from where it was made");
    }

    private void ReadToEnd(Stream stream, byte[] content, string name)
    {
        stream.ReadExactly(content);
        if (stream.ReadByte() != -1) throw Damaged($"{VisibleText.Of(name)} is longer than it says");
    }
}
