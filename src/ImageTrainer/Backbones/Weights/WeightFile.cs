using System.Security.Cryptography;
using ImageTrainer.Graphs;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Bytes of a weight file by position, with the file's name at hand for errors. Everything that is read is checked against the length
/// first, so that no length written in the file can make anyone allocate more than the file has.
/// </summary>
/// <param name="displayName">Name or path for messages.</param>
/// <param name="content">Readable and seekable; position 0 is the file's first byte. Not disposed.</param>
internal sealed class WeightFile(string displayName, Stream content)
{
    /// <summary>Length in bytes.</summary>
    public long Length { get; } = content.Length;

    /// <summary>SHA-256 of the whole file in lower-case hex.</summary>
    public string ComputeSha256()
    {
        content.Position = 0;
        return Guard(() => Convert.ToHexStringLower(SHA256.HashData(content)));
    }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="BackboneException">The file does not have that many bytes there, or the disk failed.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw Fault($"it ends after {Length} bytes, where {destination.Length} bytes from position {offset} on were expected");
        try
        {
            content.Position = offset;
            content.ReadExactly(destination);
        }
        catch (IOException exception)
        {
            throw Fault("reading it failed", exception);
        }
    }

    /// <summary>A copy of <paramref name="length"/> bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="BackboneException">The file does not have that many bytes there, or the disk failed.</exception>
    public byte[] Read(long offset, int length)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw Fault($"it ends after {Length} bytes, where {length} bytes from position {offset} on were expected");
        byte[] bytes = new byte[length];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>Hands the whole file to a reader, from its first byte.</summary>
    /// <exception cref="BackboneException">The disk failed.</exception>
    public T ReadAll<T>(Func<Stream, T> read)
    {
        content.Position = 0;
        return Guard(() => read(content));
    }

    /// <summary>An exception that names the file.</summary>
    /// <param name="reason">One clause without a full stop that goes on from "The weights 'x' cannot be used: ".</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public BackboneException Fault(string reason, Exception? innerException = null) =>
        new(displayName, $"The weights '{displayName}' cannot be used: {reason}.", innerException);

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (IOException exception)
        {
            throw Fault("reading it failed", exception);
        }
    }
}

/// <summary>Tells the formats of weight files apart by their first bytes.</summary>
internal static class WeightFormats
{
    /// <summary>Loads a file of any known format.</summary>
    /// <param name="file">The file.</param>
    /// <param name="descriptor">What is known of it.</param>
    /// <param name="imageSize">Side of the square input in pixels, or null for the default.</param>
    /// <exception cref="BackboneException">The file is damaged, of no known format, or not a network that can serve.</exception>
    public static LoadedNetwork Load(WeightFile file, BackboneDescriptor descriptor, int? imageSize)
    {
        if (file.Length == 0)
            throw file.Fault("it is empty");
        WeightSet? tensors = ReadTensors(file);
        if (tensors is not null)
            return ResNetLoader.Load(tensors, descriptor, imageSize ?? descriptor.ImageSize);
        return OnnxFile.IsOnnx(file)
            ? OnnxLoader.Load(file, descriptor, imageSize)
            : throw file.Fault("it is neither safetensors, nor a PyTorch file (.pth), nor ONNX");
    }

    // ONNX has no signature of its own, so it comes after those that have.
    private static WeightSet? ReadTensors(WeightFile file)
    {
        if (SafetensorsReader.IsSafetensors(file))
            return SafetensorsReader.Read(file);
        if (ZipDirectory.IsZip(file))
            return TorchZipReader.Read(file);
        return TorchLegacyReader.IsLegacy(file) ? TorchLegacyReader.Read(file) : null;
    }
}

/// <summary>What a weight file has given.</summary>
/// <param name="Architecture">Name of the network, or null where it is whatever an ONNX file holds.</param>
/// <param name="Graph">From Pixels [N, 3, H, W] to Features [N, D].</param>
/// <param name="Head">The file's own head, or null where it has none.</param>
internal sealed record LoadedNetwork(string? Architecture, Graph Graph, LinearLayer? Head)
{
    /// <summary>What each output channel of a kernel, [M], has been multiplied by when its BatchNorm was folded in; by the kernel's name.</summary>
    public IReadOnlyDictionary<string, float[]> KernelScales { get; init; } = new Dictionary<string, float[]>();
}
