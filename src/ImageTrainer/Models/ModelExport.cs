using System.Text.Json.Nodes;
using Google.Protobuf;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Models;

/// <summary>Gives parts of a model.zip to programs that want no more than them. Immutable; safe for concurrent callers.</summary>
public sealed class ModelExport
{
    private readonly ModelPackage _package;

    private ModelExport(ModelPackage package) => _package = package;

    /// <summary>The labels, in the order of Score.</summary>
    public IReadOnlyList<string> Labels => _package.Manifest.Labels;

    /// <summary>Reads a model and checks it, so that a fault of its file is not taken for one of what is written.</summary>
    /// <param name="path">Path of a model.zip.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, foreign or too new.</exception>
    public static ModelExport Load(string path) => ModelFile.Read(
        path, stream => ModelArchive.Open(stream, path, archive => new ModelExport(ModelArchive.Read(archive, Array.MaxLength))));

    /// <summary>
    /// Writes the bare ONNX file, with what is needed to use it in its <c>metadata_props</c>: <c>labels</c> (a JSON array in the order of
    /// Score), <c>preprocessing</c> (a JSON object), <c>license</c> of the weights, and the names that ONNX itself gives to an image's
    /// format.
    /// </summary>
    /// <param name="stream">Where to; not disposed.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void WriteOnnx(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        // Protobuf messages may be appended to each other: repeated fields grow. So the network's bytes are not parsed, nor changed.
        var addition = new ModelProto();
        foreach ((string key, string value) in Metadata(_package.Manifest))
            addition.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        stream.Write(_package.Network);
        addition.WriteTo(stream);
    }

    /// <summary>In ordinal order. Names with a dot are those of ONNX's "Metadata" page.</summary>
    private static IEnumerable<(string Key, string Value)> Metadata(ModelManifest manifest) =>
    [
        ("Image.BitmapPixelFormat", "Rgb8"),
        ("Image.ColorSpaceGamma", "SRGB"),
        ("Image.NominalPixelRange", "NominalRange_0_255"),
        ("labels", new JsonArray([.. manifest.Labels.Select(label => JsonValue.Create(label))]).ToJsonString()),
        ("license", manifest.Backbone.License),
        ("preprocessing", new JsonObject
        {
            ["width"] = manifest.Preprocessing.Width,
            ["height"] = manifest.Preprocessing.Height,
            ["resizeMode"] = manifest.Preprocessing.ResizeMode.ToString(),
            ["channels"] = "RGB",
            ["range"] = new JsonArray(0, 255),
            ["layout"] = "NCHW",
        }.ToJsonString()),
    ];
}
