namespace ImageTrainer.Models.MLNet;

/// <summary>A component whose block is not read here: another class of ML.NET, or another version of its layout.</summary>
/// <param name="Identity">Which class reads it.</param>
internal sealed record UnknownComponent(ComponentIdentity Identity) : IComponent
{
    public string Name => Identity.Loader;

    public string Summary => $"of {Identity.Assembly}, layout {Identity.Signature} {Identity.VersionWritten:X}";
}
