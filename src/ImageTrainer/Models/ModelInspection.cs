using ImageTrainer.Data;
using ImageTrainer.Models.MLNet;

namespace ImageTrainer.Models;

/// <summary>What a model zip says of itself: one of ours, or one of ML.NET's.</summary>
/// <param name="MLNet">The ML.NET model in it; null where there is none.</param>
/// <param name="Manifest">ImageTrainer's manifest; null where there is none.</param>
internal sealed record ModelInspection(MLNetModel? MLNet, ModelManifest? Manifest)
{
    // torch.save puts this into its zips, whatever the folder before it is called.
    private const string TorchEntry = "/data.pkl";

    /// <summary>The labels, in the order of scores; null where the file tells none.</summary>
    public IReadOnlyList<string>? Labels => Manifest?.Labels ?? MLNet?.Chain.Labels;

    /// <summary>Reads a file. One of ours is checked against its hashes, as when an engine loads it.</summary>
    /// <param name="path">Path of any file.</param>
    /// <exception cref="ModelFormatException">The file is missing, no zip, damaged, or a zip but no model; the message says which.</exception>
    public static ModelInspection Read(string path) => ModelFile.Read(path, stream => ModelArchive.Open(stream, path, Read));

    private static ModelInspection Read(ArchiveReader archive)
    {
        bool isOurs = archive.Has(ModelArchive.ManifestEntry);
        ModelManifest? manifest = isOurs ? ModelArchive.Read(archive, Array.MaxLength).Manifest : null;
        MLNetModel? model = MLNetModel.TryRead(archive);
        return isOurs || model is not null
            ? new ModelInspection(model, manifest)
            : throw new ModelFormatException(ModelFault.Foreign, archive.Path, Describe([.. archive.Names]));
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
