using System.Text;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Reads what torch.save writes since PyTorch 1.6: a zip of uncompressed entries, NAME/data.pkl with the object and NAME/data/KEY with the
/// numbers.
/// </summary>
internal static class TorchZipReader
{
    private const string PickleName = "data.pkl";

    /// <summary>Lists the floating-point tensors of a file.</summary>
    /// <exception cref="BackboneException">The file is damaged, of a big-endian machine, or asks for anything but tensors.</exception>
    public static WeightSet Read(WeightFile file)
    {
        ZipDirectory zip = ZipDirectory.Read(file);
        string[] pickles = [.. zip.Names.Where(name => name == PickleName || name.EndsWith($"/{PickleName}", StringComparison.Ordinal))];
        if (pickles.Length != 1)
            throw file.Fault($"it is a zip with {pickles.Length} entries {PickleName} where PyTorch writes one");
        string root = pickles[0][..^PickleName.Length];
        CheckByteOrder(file, zip, $"{root}byteorder");
        (long start, long length) = zip.Locate(pickles[0]);
        object? content = PickleReader.Read(new PickleInput(file, start, start + length));
        return PickledTensors.Gather(file, content, storage => zip.Locate($"{root}data/{storage.Key}"));
    }

    private static void CheckByteOrder(WeightFile file, ZipDirectory zip, string name)
    {
        if (!zip.Names.Contains(name))
            return;
        (long start, long length) = zip.Locate(name);
        if (Encoding.ASCII.GetString(file.Read(start, (int)Math.Min(length, 16))) != "little")
            throw file.Fault("it was written on a big-endian machine");
    }
}
