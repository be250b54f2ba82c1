using System.Reflection;
using ImageTrainer.Imaging;
using ImageTrainer.Networks;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms.Image;

namespace ImageTrainer.Models;

/// <summary>
/// A model as ML.NET's own steps: LoadImages, ResizeImages, ExtractPixels, ApplyOnnxModel and a scorer that passes probabilities through.
/// What it makes of an image's pixels is what our engine makes; decoding and resizing are ML.NET's, and differ a little.
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
            .Append(context.Transforms.ResizeImages(
                Image, preprocessing.Width, preprocessing.Height, decoded, KindOf(preprocessing.ResizeMode)))
            .Append(context.Transforms.ExtractPixels(TensorNames.Pixels, Image))
            .Append(context.Transforms.ApplyOnnxModel([output], [TensorNames.Pixels], content));
        return [.. Flatten((IEnumerable<ITransformer>)pixels.Fit(columns.EmptyData(context)))];
    }

    /// <summary>Chains that grow step by step hold one another.</summary>
    private static IEnumerable<ITransformer> Flatten(IEnumerable<ITransformer> steps) =>
        steps.SelectMany(step => step is IEnumerable<ITransformer> chain ? Flatten(chain) : [step]);

    /// <summary>The column of decoded images, and what makes it.</summary>
    private static (string Column, IEstimator<ITransformer> Steps) Loading(MLContext context, ModelColumns columns) => columns.Kind switch
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

/// <summary>
/// A multiclass model of ML.NET's own that gives the probabilities it gets: weights that are the identity, over log-probabilities, before a
/// softmax. It is what gives a saved chain its PredictedLabel as a key with the labels, and the slot names of Score.
/// </summary>
internal static class StockHead
{
    /// <summary>Beyond, the identity would be 100 million zeros for 10,000 classes.</summary>
    private const int MaxDenseClassCount = 1024;

    /// <summary>Makes the model as a step of a chain.</summary>
    /// <param name="environment">ML.NET's environment.</param>
    /// <param name="labels">The K labels, in the order of scores.</param>
    /// <param name="columns">The columns that go in and come out.</param>
    /// <exception cref="NotSupportedException">This version of ML.NET has other constructors.</exception>
    public static ITransformer Create(IHostEnvironment environment, IReadOnlyList<string> labels, ModelColumns columns)
    {
        int count = labels.Count;
        VBuffer<float>[] weights = [.. Enumerable.Range(0, count).Select(row => IdentityRow(row, count))];
        // ML.NET refuses an empty name; the keys' texts do the work alone then.
        string[]? names = labels.Contains("") ? null : [.. labels];
        object model = Construct<MaximumEntropyModelParameters>(environment, weights, new float[count], count, count, names, null);
        return (ITransformer)Construct<MulticlassPredictionTransformer<MaximumEntropyModelParameters>>(
            environment, model, TrainSchema(labels, columns), TensorNames.LogScore, columns.Label, columns.Score, columns.PredictedLabel);
    }

    private static VBuffer<float> IdentityRow(int row, int count)
    {
        if (count > MaxDenseClassCount) return new VBuffer<float>(count, 1, [1], [row]);
        float[] values = new float[count];
        values[row] = 1;
        return new VBuffer<float>(count, values);
    }

    private static DataViewSchema TrainSchema(IReadOnlyList<string> labels, ModelColumns columns)
    {
        var schema = new DataViewSchema.Builder();
        DataViewSchema.Annotations keys = LabelAnnotations.Create(LabelAnnotations.KeyValues, labels);
        schema.AddColumn(columns.Label, new KeyDataViewType(typeof(uint), labels.Count), keys);
        // [1, K], not [K]: ML.NET compares the type with that of the network's output.
        schema.AddColumn(TensorNames.LogScore, new VectorDataViewType(NumberDataViewType.Single, 1, labels.Count));
        return schema.ToSchema();
    }

    /// <summary>
    /// ML.NET keeps these constructors to itself; the ways around them, to train such a model or to write its bytes, rest on no less.
    /// </summary>
    private static object Construct<T>(params object?[] arguments)
    {
        ConstructorInfo constructor = typeof(T).GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic)
            .FirstOrDefault(candidate => Takes(candidate.GetParameters(), arguments))
            ?? throw new NotSupportedException(
                $"ML.NET {typeof(MLContext).Assembly.GetName().Version} makes no {typeof(T).Name} this way; "
                + "use the version that ImageTrainer asks for.");
        return constructor.Invoke(arguments);
    }

    private static bool Takes(ParameterInfo[] parameters, object?[] arguments) =>
        parameters.Length == arguments.Length
        && parameters.Select(parameter => parameter.ParameterType).Zip(arguments).All(
            pair => pair.Second is null ? !pair.First.IsValueType : pair.First.IsInstanceOfType(pair.Second));
}
