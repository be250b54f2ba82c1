using ImageTrainer.Imaging;
using ImageTrainer.Networks;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace ImageTrainer.Models;

/// <summary>
/// A model as ML.NET's own steps: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel and a scorer that passes probabilities through. What
/// it makes of an image's pixels is what our engine makes; decoding and resizing are ML.NET's, and differ a little.
/// </summary>
internal static class StockChain
{
    private const string Image = "ImageTrainerImage";

    /// <summary>Makes the steps.</summary>
    /// <param name="context">ML.NET's environment.</param>
    /// <param name="manifest">Labels and preprocessing.</param>
    /// <param name="network">An ONNX file: Pixels [N, 3, H, W] to LogScore [N, K].</param>
    /// <param name="columns">The columns that go in and come out.</param>
    /// <returns>The chain; disposing it frees the network.</returns>
    public static TransformerChain<ITransformer> Create(MLContext context, ModelManifest manifest, byte[] network, ModelColumns columns)
    {
        IEnumerable<ITransformer> steps = CreateSteps(context, manifest.Preprocessing, network, TensorNames.LogScore, columns);
        return new TransformerChain<ITransformer>([.. steps, StockHead.Create(context, manifest.Labels, columns)]);
    }

    /// <summary>Makes the steps from images to an output of a network.</summary>
    /// <param name="context">ML.NET's environment.</param>
    /// <param name="preprocessing">How images become pixels.</param>
    /// <param name="network">An ONNX file: Pixels [N, 3, H, W] to that output [N, K].</param>
    /// <param name="output">Name of the output, and of the column with it.</param>
    /// <param name="columns">The columns that go in.</param>
    public static IEnumerable<ITransformer> CreateSteps(
        MLContext context, ImagePreprocessing preprocessing, byte[] network, string output, ModelColumns columns)
    {
        using var content = new MemoryStream(network, writable: false);
        (string decoded, IEstimator<ITransformer> loading) = Loading(context, columns);
        var pixels = loading
            .Append(context.Transforms.ResizeImages(Image, preprocessing.Width, preprocessing.Height, decoded, KindOf(preprocessing.ResizeMode)))
            .Append(context.Transforms.ExtractPixels(TensorNames.Pixels, Image))
            .Append(context.Transforms.ApplyOnnxModel([output], [TensorNames.Pixels], content));
        return [.. Flatten((IEnumerable<ITransformer>)pixels.Fit(columns.EmptyData(context)))];
    }

    // Chains that grow step by step hold one another.
    private static IEnumerable<ITransformer> Flatten(IEnumerable<ITransformer> steps) =>
        steps.SelectMany(step => step is IEnumerable<ITransformer> chain ? Flatten(chain) : [step]);

    private static (string Decoded, IEstimator<ITransformer> Loading) Loading(MLContext context, ModelColumns columns) => columns.Kind switch
    {
        ImageColumnKind.Path => (Image, context.Transforms.LoadImages(Image, imageFolder: null, columns.Feature)),
        ImageColumnKind.Encoded => (nameof(ImageDecoding.Decoded.ImageTrainerDecoded), context.Transforms
            .CopyColumns(nameof(ImageDecoding.Encoded.ImageTrainerEncoded), columns.Feature)
            .Append(context.Transforms.CustomMapping(new ImageDecoding().GetMapping(), ImageDecoding.ContractName))),
        _ => (Image, context.Transforms.CopyColumns(Image, columns.Feature)),
    };

    private static ImageResizingEstimator.ResizingKind KindOf(ResizeMode mode) => mode switch
    {
        ResizeMode.Crop => ImageResizingEstimator.ResizingKind.IsoCrop,
        ResizeMode.Pad => ImageResizingEstimator.ResizingKind.IsoPad,
        _ => ImageResizingEstimator.ResizingKind.Fill,
    };
}
