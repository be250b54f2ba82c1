using System.Numerics.Tensors;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer;

public sealed partial class ImagePredictionEngine
{
    // How far the mean of a map may be from the features, of rounding alone.
    private const float RoundingShare = 1e-3f;

    private readonly FeatureMapPart? _featureMap;

    /// <summary>
    /// Says where in an image file a label's score comes from. Takes one run of the network, as a prediction does, and gives that
    /// prediction too.
    /// </summary>
    /// <param name="path">Path of the image.</param>
    /// <param name="label">The label to explain; null for the one that is predicted.</param>
    /// <exception cref="ArgumentException">The model has no such label.</exception>
    /// <exception cref="InvalidOperationException">
    /// The engine was loaded without <see cref="ImagePredictionEngineOptions.CanExplain"/>.
    /// </exception>
    /// <exception cref="NotSupportedException">The network's features are no mean over the picture.</exception>
    /// <inheritdoc cref="Predict(string)" path="/exception"/>
    public ImageExplanation Explain(string path, string? label = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ExplainOne(pixels => _reader.ReadPixels(path, _preprocessing, pixels), label);
    }

    /// <summary>Says where in an image that is in memory as the bytes of its file a label's score comes from.</summary>
    /// <param name="image">The bytes.</param>
    /// <param name="label">The label to explain; null for the one that is predicted.</param>
    /// <inheritdoc cref="Explain(string, string?)" path="/exception"/>
    public ImageExplanation Explain(ReadOnlyMemory<byte> image, string? label = null) =>
        ExplainOne(pixels => _reader.ReadPixels(image, _preprocessing, pixels), label);

    private ImageExplanation ExplainOne(PixelSource source, string? label)
    {
        ThrowIfDisposed();
        if (!_options.CanExplain)
            throw new InvalidOperationException(
                $"This engine keeps no feature map: load it with {nameof(ImagePredictionEngineOptions)}.{nameof(ImagePredictionEngineOptions.CanExplain)}.");
        FeatureMapPart part = _featureMap ?? throw NoMean();
        int? wanted = label is null ? null : IndexOf(label);
        float[] pixels = new float[_network.PixelLength];
        source(pixels);
        _slots.Wait();
        try
        {
            ThrowIfDisposed();
            return Explain(part, pixels, _network.Run(pixels, [ScoreName, FeaturesName, part.Map]), wanted);
        }
        finally
        {
            _slots.Release();
        }
    }

    private ImageExplanation Explain(
        FeatureMapPart part, float[] pixels, IReadOnlyList<(long[] Shape, float[] Values)> outputs, int? wanted)
    {
        var prediction = new ImagePrediction(outputs[0].Values, Labels);
        if (outputs[2].Shape is not [1, var depth, var height, var width] || depth != FeatureCount) throw NoMean();
        if (part.Weights.Length != Labels.Count * FeatureCount || part.Biases.Length != Labels.Count) throw NoMean();
        int placeCount = (int)(height * width);
        float[] map = outputs[2].Values;
        CheckMean(map, outputs[1].Values, placeCount);
        int index = wanted ?? prediction.PredictedIndex;
        float temperature = (float)Manifest.Network.Temperature;
        float[] evidence = new float[placeCount];
        ReadOnlySpan<float> weights = part.Weights.AsSpan(index * FeatureCount, FeatureCount);
        for (int d = 0; d < FeatureCount; d++)
            TensorPrimitives.MultiplyAdd(map.AsSpan(d * placeCount, placeCount), weights[d], evidence, evidence);
        TensorPrimitives.Divide(evidence, temperature, evidence);
        RgbImage view = PlanarPixels.ToImage(pixels, _preprocessing);
        return new ImageExplanation(prediction, Labels[index], ((int)width, (int)height), evidence, view)
        {
            Bias = part.Biases[index] / temperature,
        };
    }

    private static void CheckMean(float[] map, float[] features, int placeCount)
    {
        float allowed = MathF.Abs(RoundingShare * TensorPrimitives.MaxMagnitude<float>(map));
        for (int d = 0; d < features.Length; d++)
        {
            float mean = TensorPrimitives.Sum<float>(map.AsSpan(d * placeCount, placeCount)) / placeCount;
            if (MathF.Abs(mean - features[d]) > allowed) throw NoMean();
        }
    }

    private int IndexOf(string label)
    {
        for (int i = 0; i < Labels.Count; i++)
            if (Labels[i] == label) return i;
        throw new ArgumentException($"The model has no label '{label}'.", nameof(label));
    }

    private static NotSupportedException NoMean() =>
        new("This network's features are not the mean of a feature map, or its head is not one linear layer: no map says where scores come from.");
}
