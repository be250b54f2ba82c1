namespace ImageTrainer.Models.MLNet;

/// <summary>Which class of ML.NET reads a component, and which versions of its block it can be.</summary>
/// <param name="Signature">Eight ASCII characters that name the layout of the block: "IMGLOADR".</param>
/// <param name="Loader">Name the class is registered under, 24 ASCII characters at most: "ImageLoaderTransform".</param>
/// <param name="Assembly">Simple name of its assembly: "Microsoft.ML.ImageAnalytics".</param>
/// <param name="VersionWritten">Version of the block's layout: 0x00010003.</param>
/// <param name="VersionReadable">The oldest version of the class that can still make sense of it.</param>
internal sealed record ComponentIdentity(string Signature, string Loader, string Assembly, uint VersionWritten, uint VersionReadable);
