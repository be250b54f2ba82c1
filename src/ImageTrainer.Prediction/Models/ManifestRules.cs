namespace ImageTrainer.Models;

/// <summary>What a manifest must satisfy before anything is built from it.</summary>
internal static class ManifestRules
{
    private const int LargestInput = 8192;

    /// <summary>Checks the fields that later code relies on.</summary>
    /// <exception cref="ModelFormatException">One of them cannot be; the message says which.</exception>
    public static void Check(ModelManifest manifest, string? path)
    {
        string? fault = manifest switch
        {
            { Labels.Count: < 2 } => "fewer than two labels",
            _ when manifest.Labels.Any(label => label is null) => "a label that is null",
            _ when manifest.Labels.Distinct(StringComparer.Ordinal).Count() != manifest.Labels.Count => "a label twice",
            { Preprocessing: { Width: < 1 or > LargestInput } or { Height: < 1 or > LargestInput } } => "an impossible input size",
            _ when !Enum.IsDefined(manifest.Preprocessing.ResizeMode) => "an unknown resize mode",
            { Network.Temperature: <= 0 or double.NaN or double.PositiveInfinity } => "an impossible temperature",
            { Network.FeatureCount: < 1 } => "an impossible feature count",
            _ => null,
        };
        if (fault is not null)
            throw new ModelFormatException(ModelFault.Damaged, path, $"its manifest has {fault}");
    }
}
