namespace ImageTrainer.Backbones.Weights;

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
