using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace ImageTrainer.Models;

/// <summary>
/// Writes model.zip. Equal content gives equal bytes: entries stand in a fixed order, carry no time, and the network is stored as it is
/// (weights do not compress, and stored bytes can be read in place).
/// </summary>
internal static class ModelArchiveWriter
{
    // The earliest time a zip can hold: the time of writing must not be part of the bytes.
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a model to a temporary file beside the path and then moves it there, so that no reader ever sees half of one.</summary>
    /// <param name="path">Path of the zip; an existing file is replaced.</param>
    /// <param name="manifest">What the model says of itself; the entry hashes are filled in here.</param>
    /// <param name="network">Bytes of the ONNX file.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void Write(string path, ModelManifest manifest, byte[] network)
    {
        string target = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream stream = File.Create(temporary))
            {
                Write(stream, manifest, network);
                // Else a power cut could leave the new name with nothing behind it.
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Writes a model to a stream, which is not disposed.</summary>
    /// <inheritdoc cref="Write(string, ModelManifest, byte[])"/>
    public static void Write(Stream stream, ModelManifest manifest, byte[] network)
    {
        ModelManifest complete = manifest with
        {
            EntryHashes = new SortedDictionary<string, string>(StringComparer.Ordinal) { [manifest.Network.Entry] = HexHash(network) },
        };
        byte[] json = complete.ToJson();
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        WriteEntry(zip, ModelArchive.ManifestEntry, json, CompressionLevel.Optimal);
        WriteEntry(zip, ModelArchive.ManifestHashEntry, Encoding.ASCII.GetBytes(HexHash(json)), CompressionLevel.NoCompression);
        WriteEntry(zip, manifest.Network.Entry, network, CompressionLevel.NoCompression);
    }

    private static string HexHash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static void WriteEntry(ZipArchive zip, string name, byte[] content, CompressionLevel level)
    {
        ZipArchiveEntry entry = zip.CreateEntry(name, level);
        entry.LastWriteTime = NoTime;
        using Stream stream = entry.Open();
        stream.Write(content);
    }
}
