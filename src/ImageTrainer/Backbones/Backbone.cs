using ImageTrainer.Backbones.Weights;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones;

/// <summary>
/// A pretrained network without its head: images in, features out. Holds its weights as 32-bit floats (a ResNet-50: 94 MB).
/// Immutable and safe for concurrent use.
/// </summary>
internal sealed class Backbone
{
    /// <summary>Least side of an input image in pixels: a ResNet halves it five times.</summary>
    public const int MinImageSize = ResNetArchitecture.SmallestSide;

    /// <summary>Greatest side of an input image in pixels.</summary>
    public const int MaxImageSize = 4096;

    private readonly Graph _graph;
    private readonly LinearLayer? _ownHead;

    private Backbone(BackboneDescriptor descriptor, string sha256, LoadedNetwork network)
    {
        _graph = network.Graph;
        _ownHead = network.Head;
        KernelScales = network.KernelScales;
        Sha256 = sha256;
        Descriptor = descriptor with { Architecture = network.Architecture ?? descriptor.Architecture };
        TensorShape pixels = _graph.Tensors[TensorNames.Pixels].Shape;
        Preprocessing = new ImagePreprocessing
        {
            Height = (int)pixels[2].Size,
            Width = (int)pixels[3].Size,
            ResizeMode = descriptor.ResizeMode,
        };
    }

    private Backbone(Backbone origin, Graph graph)
    {
        _graph = graph;
        HasOwnWeights = true;
        KernelScales = origin.KernelScales;
        (Sha256, Descriptor, Preprocessing) = (origin.Sha256, origin.Descriptor, origin.Preprocessing);
    }

    /// <summary>What is known of the network, its architecture filled in where the tensors told it.</summary>
    public BackboneDescriptor Descriptor { get; }

    /// <summary>D, the number of features: 512 for ResNet-10/18/34, 2,048 for ResNet-50/101/152.</summary>
    public int FeatureCount => (int)_graph.Tensors[TensorNames.Features].Shape[1].Size;

    /// <summary>SHA-256 of the weight file in lower-case hex.</summary>
    public string Sha256 { get; }

    /// <summary>
    /// What the output channels of a kernel have been multiplied by when its BatchNorm was folded in, [M], by the kernel's name.
    /// </summary>
    internal IReadOnlyDictionary<string, float[]> KernelScales { get; }

    /// <summary>
    /// Whether weights have been trained since the file was read, so that its SHA-256 does not tell which network this is.
    /// </summary>
    internal bool HasOwnWeights { get; }

    /// <summary>How images become the network's input.</summary>
    public ImagePreprocessing Preprocessing { get; }

    /// <summary>The network as data, from Pixels [N, 3, H, W] to Features [N, D].</summary>
    internal Graph Graph => _graph;

    /// <summary>
    /// Reads a weight file: safetensors, a PyTorch file of either format, or ONNX, told apart by content. Nothing in the file is executed.
    /// </summary>
    /// <param name="descriptor">What is known of the file.</param>
    /// <param name="displayName">Name or path of the file for messages.</param>
    /// <param name="content">The file, readable and seekable; read from position 0, not disposed, not needed afterwards.</param>
    /// <param name="imageSize">
    /// Side of the square input in pixels, 32 to 4,096; null for the descriptor's, or for the size that an ONNX file is fixed to where
    /// it is no ResNet:
    /// those take any size.
    /// </param>
    /// <exception cref="ArgumentException">The stream cannot be sought in, or the descriptor's normalisation is not of three
    /// channels.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The image size is outside its range.</exception>
    /// <exception cref="BackboneException">The file is damaged, of no known format, or not a network that can serve.</exception>
    public static Backbone Load(BackboneDescriptor descriptor, string displayName, Stream content, int? imageSize = null)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentException.ThrowIfNullOrEmpty(displayName);
        ArgumentNullException.ThrowIfNull(content);
        if (!content.CanSeek || !content.CanRead)
            throw new ArgumentException("The stream has to be readable and seekable.", nameof(content));
        Check(descriptor, imageSize ?? descriptor.ImageSize);
        var file = new WeightFile(displayName, content);
        LoadedNetwork network = WeightFormats.Load(file, descriptor, imageSize);
        return new Backbone(descriptor, file.ComputeSha256(), network);
    }

    /// <summary>The same backbone computed by another graph: quantized, or with other weights.</summary>
    /// <param name="graph">From Pixels to Features, of the same shapes.</param>
    internal Backbone With(Graph graph) => new(Descriptor, Sha256, new LoadedNetwork(Descriptor.Architecture, graph, _ownHead) { KernelScales = KernelScales });

    /// <summary>The network alone.</summary>
    /// <returns>An ONNX file: Pixels to Features. The same backbone gives the same bytes.</returns>
    internal byte[] BuildFeaturizer() => OnnxModel.Write(_graph);

    /// <summary>The same network with other values for some of its weights, and without the head that its file came with.</summary>
    /// <param name="weights">New elements by name, of the old shapes; names that the network does not have are passed over.</param>
    internal Backbone WithWeights(IReadOnlyDictionary<string, float[]> weights) => new(this, _graph.WithValues(weights));

    /// <summary>The network with a head: softmax((Features * transpose(weights) + biases) / temperature).</summary>
    /// <param name="head">[K, D] weights and [K] biases.</param>
    /// <param name="temperature">
    /// Greater than 0; 1 leaves the head as it is. "On Calibration of Modern Neural Networks" (Guo et al., 2017), equation 9.
    /// </param>
    /// <returns>An ONNX file: Pixels to Score [N, K], LogScore [N, K] and Features [N, D].</returns>
    /// <exception cref="ArgumentException">The head does not have D columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is not a positive number.</exception>
    internal byte[] BuildClassifier(LinearLayer head, float temperature)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (!float.IsFinite(temperature) || temperature <= 0)
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, "The temperature is a positive number.");
        var graph = new GraphBuilder(_graph);
        GraphTensor features = graph.Tensor(TensorNames.Features);
        head.AddScoresTo(graph, features, temperature);
        graph.Output(features);
        return OnnxModel.Write(graph.Build());
    }

    /// <summary>The network with the head that its file came with.</summary>
    /// <returns>An ONNX file: Pixels to Logits [N, K]; null where the file has no head.</returns>
    internal byte[]? BuildPretrainedClassifier()
    {
        if (_ownHead is null)
            return null;
        var graph = new GraphBuilder(_graph);
        graph.Output(_ownHead.AddTo(graph, TensorNames.Logits, graph.Tensor(TensorNames.Features)));
        return OnnxModel.Write(graph.Build());
    }

    private static void Check(BackboneDescriptor descriptor, int imageSize)
    {
        if (descriptor.Mean is not { Count: 3 } || descriptor.StandardDeviation is not { Count: 3 })
            throw new ArgumentException("Mean and standard deviation have one number for each of red, green and blue.", nameof(descriptor));
        if (!descriptor.Mean.All(float.IsFinite) || !descriptor.StandardDeviation.All(value => float.IsFinite(value) && value > 0))
            throw new ArgumentException("Means are finite, standard deviations positive.", nameof(descriptor));
        ArgumentOutOfRangeException.ThrowIfLessThan(imageSize, MinImageSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(imageSize, MaxImageSize);
    }
}
