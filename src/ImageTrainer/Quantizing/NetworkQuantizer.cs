using System.Collections.Frozen;
using System.Collections.Immutable;
using ImageTrainer.Backbones;
using ImageTrainer.Graphs;

namespace ImageTrainer.Quantizing;

/// <summary>Gives the int8 versions of one backbone: all layers, or some of them kept in fp32.</summary>
internal sealed class NetworkQuantizer
{
    private readonly Backbone _backbone;
    private readonly QuantizablePart _part;
    private readonly Calibration _calibration;
    private readonly FrozenDictionary<string, ActivationRange> _ranges;

    /// <summary>Prepares a backbone.</summary>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <param name="part">What of it can be quantized.</param>
    /// <param name="calibration">The ranges of its activations.</param>
    /// <param name="weightBits">7 or 8.</param>
    public NetworkQuantizer(Backbone backbone, QuantizablePart part, Calibration calibration, int weightBits)
    {
        _backbone = backbone;
        _part = part;
        _calibration = calibration;
        WeightBits = weightBits;
        _ranges = part.Activations.Zip(calibration.Ranges)
            .ToFrozenDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
    }

    /// <summary>Bits of a weight.</summary>
    public int WeightBits { get; }

    /// <summary>Number of images the ranges come from.</summary>
    public int CalibrationImageCount => _calibration.ImageCount;

    /// <summary>The layers as they come out of quantizing, in the network's order.</summary>
    public ImmutableArray<LayerError> LayerErrors => [.. ParallelMap.Run(_part.Layers, Describe, Environment.ProcessorCount)];

    /// <summary>
    /// What of a backbone can be quantized, its first convolution written the way that integer kernels like, in an operator set that has
    /// them where ONNX allows converting.
    /// </summary>
    public static QuantizablePart FindPart(Backbone backbone) => new(FoldedStem.Fold(OperatorSetUpgrade.Apply(backbone.Graph)));

    /// <summary>Quantizes the backbone.</summary>
    /// <param name="keptLayers">Names of the layers that stay in fp32.</param>
    public Backbone Quantize(IEnumerable<string> keptLayers)
    {
        var ranges = _ranges.ToFrozenDictionary(range => range.Key, range => range.Value.Range, StringComparer.Ordinal);
        return _backbone.With(GraphQuantizer.Quantize(_part, ranges, WeightBits, keptLayers.ToFrozenSet(StringComparer.Ordinal)));
    }

    private LayerError Describe(GraphNode layer)
    {
        GraphInitializer kernel = _part.Initializers[layer.Inputs[1]];
        double weightError = WeightQuantizer.Error(kernel.Floats, (int)kernel.Dimensions[0], WeightBits);
        (ActivationRange input, ActivationRange output) = (_ranges[_part.BehindPooling(layer.Inputs[0])], _ranges[_part.ResultOf(layer)]);
        return new LayerError(layer.Name, weightError, input.Error, output.Error);
    }
}

/// <summary>What quantizing does to one layer: root mean squares of the changes over those of the values.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="WeightError">Of its kernel.</param>
/// <param name="InputError">Of what it takes.</param>
/// <param name="OutputError">Of what it gives.</param>
public sealed record LayerError(string Layer, double WeightError, double InputError, double OutputError)
{
    /// <summary>All three together, as independent errors add up.</summary>
    public double Total => Math.Sqrt((WeightError * WeightError) + (InputError * InputError) + (OutputError * OutputError));
}
