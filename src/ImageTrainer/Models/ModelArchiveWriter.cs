using System.IO.Compression;
using ImageTrainer.Files;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Networks;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Models;

/// <summary>
/// Writes model.zip: the chain as ML.NET saves it, packed once more so that equal content gives equal bytes. Entries carry no time, and the
/// network is stored as it is (weights do not compress, and stored bytes can be read in place).
/// </summary>
internal static class ModelArchiveWriter
{
    /// <summary>The earliest time a zip can hold: the time of writing must not be part of the bytes.</summary>
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Writes a model in one step: a reader sees all of it or none (<see cref="ReplacedFile"/>).</summary>
    /// <param name="path">Path of the zip; an existing file is replaced.</param>
    /// <param name="manifest">What the model says of itself.</param>
    /// <param name="network">Bytes of the ONNX file.</param>
    /// <param name="columns">Its columns in ML.NET; null for a path in and the usual ones out.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public static void Write(string path, ModelManifest manifest, byte[] network, ModelColumns? columns = null) =>
        ReplacedFile.Write(path, stream => Write(stream, manifest, network, columns));

    /// <summary>Writes a model to a stream, which is not disposed.</summary>
    /// <inheritdoc cref="Write(string, ModelManifest, byte[], ModelColumns?)"/>
    public static void Write(Stream stream, ModelManifest manifest, byte[] network, ModelColumns? columns = null)
    {
        columns ??= ModelColumns.Default;
        using var saved = new MemoryStream();
        Save(saved, manifest, columns);
        using var source = new ZipArchive(saved, ZipArchiveMode.Read);
        using var target = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        foreach (ZipArchiveEntry entry in source.Entries)
        {
            bool isNetwork = entry.FullName.EndsWith(ModelArchive.NetworkName, StringComparison.Ordinal);
            CompressionLevel level = isNetwork ? CompressionLevel.NoCompression : CompressionLevel.Optimal;
            ZipArchiveEntry copy = target.CreateEntry(entry.FullName, level);
            copy.LastWriteTime = NoTime;
            using Stream to = copy.Open();
            if (!isNetwork)
            {
                using Stream content = entry.Open();
                content.CopyTo(to);
                continue;
            }

            byte[] whole = WithManifest(network, manifest);
            to.Write(BitConverter.GetBytes(whole.Length));
            to.Write(whole);
        }
    }

    /// <summary>The network as it stands in a zip: with the manifest in its metadata.</summary>
    public static byte[] WithManifest(byte[] network, ModelManifest manifest) =>
        NetworkMetadata.Append(network, ModelArchive.ManifestKey, manifest.ToJson());

    /// <summary>The label comes out as text, which is what applications read.</summary>
    private static void Save(MemoryStream saved, ModelManifest manifest, ModelColumns columns)
    {
        var context = new MLContext();
        IDataView empty = columns.EmptyData(context);
        using TransformerChain<ITransformer> chain = StockChain.Create(context, manifest, StandIn(manifest), columns);
        IDataView output = chain.Transform(empty);
        ITransformer text = context.Transforms.Conversion.MapKeyToValue(columns.PredictedLabel).Fit(output);
        // ML.NET writes no columns of images down.
        DataViewSchema? schema = columns.Kind == ImageColumnKind.Image ? null : empty.Schema;
        context.Model.Save(new TransformerChain<ITransformer>([.. chain, text]), schema, saved);
    }

    /// <summary>
    /// ML.NET loads what it saves, writes it to a file and deflates it: seconds for a large network, none for one of the same shapes.
    /// </summary>
    private static byte[] StandIn(ModelManifest manifest)
    {
        const int ColourCount = 3;
        (ImagePreprocessing size, int classCount) = (manifest.Preprocessing, manifest.Labels.Count);
        var graph = new GraphBuilder("stand-in");
        GraphTensor pixels = graph.Input(TensorNames.Pixels, new TensorShape("N", ColourCount, size.Height, size.Width));
        GraphTensor colours = graph.Node(TensorNames.Features).Flatten(graph.Node("pool").GlobalAveragePool(pixels));
        new LinearLayer(new float[classCount * ColourCount], new float[classCount]).AddScoresTo(graph, colours, temperature: 1);
        return OnnxModel.Write(graph.Build());
    }
}
