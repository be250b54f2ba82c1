using System.Text;
using ImageTrainer.Imaging;
using ImageTrainer.Models.MLNet.Idv;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// A model of ours as ML.NET sees it: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel, a scorer that passes probabilities through, and
/// MapKeyToValue. The pixels are those the engine makes, but for ML.NET's own decoder and resizing; the network is the same bytes.
/// </summary>
internal static class ImageClassifierChain
{
    /// <summary>Entry of the text that says who made the file.</summary>
    public const string VersionEntry = "TrainingInfo/Version.txt";

    /// <summary>Entry of the columns that go in.</summary>
    public const string SchemaEntry = "Schema";

    private const string ImagePath = "ImagePath";
    private const string Image = "Image";
    private const string Pixels = "Pixels";
    private const string LogScore = "LogScore";
    private const string Label = "Label";
    private const string Score = "Score";
    private const string PredictedLabel = "PredictedLabel";

    /// <summary>The chain of a model.</summary>
    /// <param name="labels">The K labels, in the order of scores.</param>
    /// <param name="preprocessing">How images become pixels.</param>
    /// <param name="network">An ONNX file: Pixels [N, 3, H, W] to LogScore [N, K].</param>
    public static TransformerChain Create(IReadOnlyList<string> labels, ImagePreprocessing preprocessing, ReadOnlyMemory<byte> network) => new(
    [
        new LoadImages([new ColumnPair(Image, ImagePath)]),
        new ResizeImages(
            [new ColumnPair(Image, Image)],
            [new ImageShape(preprocessing.Width, preprocessing.Height, KindOf(preprocessing.ResizeMode))]),
        new ExtractPixels([new ColumnPair(Pixels, Image)], [new PixelLayout()]),
        new ApplyOnnxModel([Pixels], [LogScore], network),
        CreateScorer(new ScorerColumns(LogScore, Label, Score, PredictedLabel), labels),
        new MapKeyToValue([new ColumnPair(PredictedLabel, PredictedLabel)]),
    ]);

    /// <summary>The scorer that passes probabilities through, and its training schema.</summary>
    /// <param name="columns">Its columns; the feature column holds log-probabilities.</param>
    /// <param name="labels">The K labels, in the order of scores.</param>
    /// <param name="diagonal">What the log-probabilities are multiplied by; 1 leaves them.</param>
    public static MulticlassScorer CreateScorer(ScorerColumns columns, IReadOnlyList<string> labels, float diagonal = 1) => new(
        columns,
        LinearMulticlassModel.Identical(labels, diagonal),
        new IdvSchema(
        [
            new IdvColumn(columns.Label!, IdvType.Key(IdvType.UInt32, (ulong)labels.Count), labels),
            // [1, K] and not [K]: the type of the column is compared with that of the network's output, whose N ML.NET takes for 1.
            new IdvColumn(columns.Feature!, IdvType.Vector(IdvType.Single, 1, labels.Count)),
        ]));

    /// <summary>All entries that ML.NET reads, in the order in which it writes them.</summary>
    /// <param name="manifest">What the model says of itself.</param>
    /// <param name="network">Bytes of its ONNX file.</param>
    public static IReadOnlyList<ArchiveEntry> CreateEntries(ModelManifest manifest, ReadOnlyMemory<byte> network) =>
    [
        new ArchiveEntry(VersionEntry, Encoding.ASCII.GetBytes($"ImageTrainer {manifest.LibraryVersion}\n")),
        .. ComponentWriter.Write(TransformerChain.Folder, Create(manifest.Labels, manifest.Preprocessing, network)),
        new ArchiveEntry(SchemaEntry, CreateInputSchema()),
    ];

    private static byte[] CreateInputSchema() =>
        IdvSchemaWriter.Write(new IdvSchema([new IdvColumn(ImagePath, IdvType.Text)]), IdvCompression.Deflate);

    private static ResizingKind KindOf(ResizeMode mode) => mode switch
    {
        ResizeMode.Crop => ResizingKind.IsoCrop,
        ResizeMode.Pad => ResizingKind.IsoPad,
        ResizeMode.Fill => ResizingKind.Fill,
        _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "ML.NET has no such way of resizing."),
    };
}
