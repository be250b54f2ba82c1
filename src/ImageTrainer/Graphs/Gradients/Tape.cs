using ImageTrainer.Graphs.Gradients.Formulations;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Records a network's forward pass in a graph and plays it backwards. The network is a graph over [N, C, H, W]; the record is in the
/// layout of a <see cref="Formulation"/>. Not safe for concurrent use.
/// </summary>
internal sealed class Tape
{
    private static readonly Dictionary<string, IOperatorGradient> Gradients = new(StringComparer.Ordinal)
    {
        ["Add"] = new AddGradient(),
        ["BatchNormalization"] = new BatchNormalizationGradient(),
        ["Conv"] = new ConvolutionGradient(),
        ["Dropout"] = new DropoutGradient(),
        ["Flatten"] = new FlattenGradient(),
        ["Gemm"] = new LinearGradient(),
        ["GlobalAveragePool"] = new GlobalAveragePoolGradient(),
        ["MaxPool"] = new MaxPoolGradient(),
        ["Relu"] = new ReluGradient(),
    };

    private readonly Graph _network;
    private readonly GraphBuilder _graph;
    private readonly Dictionary<string, GraphTensor> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphTensor> _gradients = new(StringComparer.Ordinal);
    private readonly HashSet<string> _needGradient = new(StringComparer.Ordinal);

    /// <summary>Starts a record.</summary>
    /// <param name="network">The network; every operator must have a gradient.</param>
    /// <param name="graph">The graph that grows.</param>
    /// <param name="formulation">How sums are written.</param>
    /// <param name="usesBatchStatistics">Whether BatchNormalization is in training mode; else it is a fixed affine map.</param>
    public Tape(Graph network, GraphBuilder graph, Formulation formulation, bool usesBatchStatistics)
    {
        (_network, _graph, Formulation, UsesBatchStatistics) = (network, graph, formulation, usesBatchStatistics);
    }

    /// <summary>How sums are written.</summary>
    public Formulation Formulation { get; }

    /// <summary>Whether BatchNormalization is in training mode.</summary>
    public bool UsesBatchStatistics { get; }

    /// <summary>What each BatchNormalization node has normalised by: mean and 1 / sqrt(variance + epsilon), each [C].</summary>
    public Dictionary<string, (GraphTensor Mean, GraphTensor InverseDeviation)> Moments { get; } = new(StringComparer.Ordinal);

    /// <summary>The batch's mean and unbiased variance, each [C], by the name of the BatchNormalization node; empty in inference mode.</summary>
    public Dictionary<string, (GraphTensor Mean, GraphTensor Variance)> Statistics { get; } = new(StringComparer.Ordinal);

    /// <summary>Inputs that the forward pass has asked for beside the network's own: the masks of Dropout.</summary>
    public List<GraphTensor> Masks { get; } = [];

    /// <summary>The value of a tensor of the network, in the formulation's layout; constants are added on first use.</summary>
    public GraphTensor Value(string name)
    {
        if (_values.TryGetValue(name, out GraphTensor? value)) return value;
        GraphInitializer initializer = _network.Initializers.First(constant => constant.Name == name);
        return _values[name] = _graph.Constant(name, ParameterShape(_network.Tensors[name]), initializer.Floats);
    }

    /// <summary>Gives a tensor of the network its value: an input, or a parameter.</summary>
    /// <param name="name">Name in the network.</param>
    /// <param name="value">In the formulation's layout.</param>
    /// <param name="needsGradient">Whether dL/d(value) is wanted.</param>
    public void SetValue(string name, GraphTensor value, bool needsGradient)
    {
        _values[name] = value;
        if (needsGradient) _needGradient.Add(name);
    }

    /// <summary>Sizes of one image's activations of a tensor [N, C, H, W] of the network.</summary>
    public ImageSize SizeOf(string name) => ImageSize.Of(_network.Tensors[name]);

    /// <summary>Whether dL/d(tensor) is of use.</summary>
    public bool NeedsGradient(string name) => _needGradient.Contains(name);

    /// <summary>Makes a graph input that the forward pass needs beside the network's own.</summary>
    public GraphTensor AddMask(string name, TensorShape shape)
    {
        GraphTensor mask = _graph.Input(name, shape);
        Masks.Add(mask);
        return mask;
    }

    /// <summary>Adds to dL/d(tensor): a tensor that several nodes take gets the sum of what each sends back.</summary>
    public void AddGradient(string name, GraphTensor gradient, NodeScope scope) =>
        _gradients[name] = _gradients.TryGetValue(name, out GraphTensor? other) ? scope.Add(other, gradient) : gradient;

    /// <summary>dL/d(tensor) once <see cref="Backward"/> has run; null where the loss does not depend on it.</summary>
    public GraphTensor? Gradient(string name) => _gradients.GetValueOrDefault(name);

    /// <summary>Records every node; inputs must have their values.</summary>
    public void Forward()
    {
        foreach (GraphNode node in _network.Nodes)
        {
            string output = node.Outputs[0];
            _values[output] = GradientOf(node).Forward(node, this, new NodeScope(_graph, output));
            if (node.Inputs.Any(NeedsGradient)) _needGradient.Add(output);
        }
    }

    /// <summary>Plays the record backwards from a gradient.</summary>
    /// <param name="output">Name of the tensor that the loss is of.</param>
    /// <param name="gradient">dL/d(output).</param>
    public void Backward(string output, GraphTensor gradient)
    {
        _gradients[output] = gradient;
        foreach (GraphNode node in _network.Nodes.Reverse())
        {
            string name = node.Outputs[0];
            if (NeedsGradient(name) && Gradient(name) is { } dy)
                GradientOf(node).Backward(node, dy, this, new NodeScope(_graph, $"{name}.gradient"));
        }
    }

    /// <summary>The shape that a parameter is kept in: kernels as matrices [M, C k k], so that no result is copied into another shape.</summary>
    public static TensorShape ParameterShape(GraphTensor parameter) => parameter.Shape is { Rank: 4, ElementCount: { } count } shape
        ? new TensorShape(shape[0], count / shape[0].Size)
        : parameter.Shape;

    private static IOperatorGradient GradientOf(GraphNode node) => Gradients.GetValueOrDefault(node.Operator)
        ?? throw new GraphException(node.Name, node.Operator, "there is no gradient of this operator");
}
