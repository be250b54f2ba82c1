using System.Text;
using ImageTrainer.Data;

namespace ImageTrainer.Models;

/// <summary>What a model zip says of itself: one of ours, or one of ML.NET's.</summary>
/// <param name="Steps">The steps of ML.NET's chain, by the names that ML.NET loads them by.</param>
/// <param name="Manifest">ImageTrainer's manifest; null where there is none.</param>
public sealed record ModelInspection(IReadOnlyList<string> Steps, ModelManifest? Manifest)
{
    // torch.save puts this into its zips, whatever the folder before it is called.
    private const string TorchEntry = "/data.pkl";
    private const string Chain = "TransformerChain/", Key = "/Model.key", Step = "/Transform_";
    private const int KeyLimit = 64 << 20;

    /// <summary>Where a Model.key names its loader: 24 bytes of ASCII, padded with zeros (docs/model-format.md).</summary>
    private static readonly Range LoaderName = 0x50..0x68;

    /// <summary>Reads a file. One of ours is checked as when an engine loads it.</summary>
    /// <param name="path">Path of any file.</param>
    /// <exception cref="ModelFormatException">The file is missing, no zip, damaged, or a zip but no model; the message says
    /// which.</exception>
    public static ModelInspection Read(string path) => ModelFile.Read(path, stream => ModelArchive.Open(stream, path, Read));

    private static ModelInspection Read(ArchiveReader archive)
    {
        ModelManifest? manifest = ModelArchive.Find(archive, Array.MaxLength)?.Manifest;
        string[] steps = [.. archive.Names.Where(IsStep).Select(name => ReadLoader(archive, name))];
        return manifest is not null || archive.Has(Chain + Key[1..])
            ? new ModelInspection(steps, manifest)
            : throw new ModelFormatException(ModelFault.Foreign, archive.Path, Describe([.. archive.Names]));
    }

    /// <summary>A step's own folder, and not one of those within it.</summary>
    private static bool IsStep(string name) =>
        name.StartsWith(Chain, StringComparison.Ordinal)
        && name.EndsWith(Key, StringComparison.Ordinal)
        && name.LastIndexOf(Step, StringComparison.Ordinal) is >= 0 and var step
        && step == name.LastIndexOf('/', name.Length - Key.Length - 1);

    private static string ReadLoader(ArchiveReader archive, string name)
    {
        byte[] key = archive.Read(name, KeyLimit);
        return key.Length >= LoaderName.End.Value
            ? Encoding.ASCII.GetString(key[LoaderName]).TrimEnd('\0')
            : throw archive.Damaged($"{VisibleText.Of(name)} is cut short");
    }

    private static string Describe(string[] names)
    {
        if (names.Any(name => name.EndsWith(TorchEntry, StringComparison.Ordinal)))
            return "it is a PyTorch file; `imagetrainer backbone info` reads those, and train takes them as --backbone";
        return names.Length == 0
            ? "it is an empty zip"
            : $"it is a zip of {LabelNames.Quote([.. names.Select(VisibleText.Of)])}, and no model of ImageTrainer or ML.NET";
    }
}
