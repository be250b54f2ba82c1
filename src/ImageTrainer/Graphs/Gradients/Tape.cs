namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Records a network's forward pass in a graph and plays it backwards: reverse-mode differentiation (Griewank and Walther, "Evaluating
/// Derivatives", 2008, section 3.2). The network is a graph over [N, C, H, W]; the record is in the layout of a <see cref="Formulation"/>.
/// Not safe for concurrent use.
/// </summary>
/// <param name="network">The network; every operator must have a gradient.</param>
/// <param name="graph">The graph that grows.</param>
/// <param name="formulation">How sums are written.</param>
/// <param name="usesBatchStatistics">Whether BatchNormalization is in training mode; else it is a fixed affine map.</param>
internal sealed class Tape(Graph network, GraphBuilder graph, Formulation formulation, bool usesBatchStatistics)
{
    private readonly Dictionary<string, GraphTensor> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, GraphTensor> _gradients = new(StringComparer.Ordinal);
    private readonly HashSet<string> _needGradient = new(StringComparer.Ordinal);
    private readonly List<NodeGradient> _record = [];

    /// <summary>How sums are written.</summary>
    public Formulation Formulation => formulation;

    /// <summary>Whether BatchNormalization is in training mode.</summary>
    public bool UsesBatchStatistics => usesBatchStatistics;

    /// <summary>
    /// The batch's mean and unbiased variance, each [C], by the name of the BatchNormalization node; empty in inference mode.
    /// </summary>
    public Dictionary<string, (GraphTensor Mean, GraphTensor Variance)> Statistics { get; } = new(StringComparer.Ordinal);

    /// <summary>Inputs that the forward pass has asked for beside the network's own: the masks of Dropout.</summary>
    public List<GraphTensor> Masks { get; } = [];

    /// <summary>The value of a tensor of the network, in the formulation's layout; constants are added on first use.</summary>
    public GraphTensor Value(string name)
    {
        if (_values.TryGetValue(name, out GraphTensor? value)) return value;
        GraphInitializer initializer = network.Initializers.First(constant => constant.Name == name);
        return _values[name] = graph.Constant(name, ParameterShape(network.Tensors[name]), initializer.Floats);
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
    public ImageSize SizeOf(string name) => ImageSize.Of(network.Tensors[name]);

    /// <summary>Whether dL/d(tensor) is of use.</summary>
    public bool NeedsGradient(string name) => _needGradient.Contains(name);

    /// <summary>Makes a graph input that the forward pass needs beside the network's own.</summary>
    public GraphTensor AddMask(string name, TensorShape shape)
    {
        GraphTensor mask = graph.Input(name, shape);
        Masks.Add(mask);
        return mask;
    }

    /// <summary>Adds to dL/d(tensor): a tensor that several nodes take gets the sum of what each sends back.</summary>
    public void AddGradient(string name, GraphTensor gradient, NodeScope scope) =>
        _gradients[name] = _gradients.TryGetValue(name, out GraphTensor? other) ? scope.Add(other, gradient) : gradient;

    /// <summary>dL/d(tensor) once <see cref="Backward"/> has run; null where the loss does not depend on it.</summary>
    public GraphTensor? Gradient(string name) => _gradients.GetValueOrDefault(name);

    /// <summary>Records every node; inputs must have their values.</summary>
    /// <exception cref="GraphException">An operator has no gradient.</exception>
    public void Forward()
    {
        foreach (GraphNode node in network.Nodes)
        {
            NodeGradient gradient = NodeGradient.Of(node, this);
            _values[gradient.Output] = gradient.Forward(new NodeScope(graph, gradient.Output));
            if (node.Inputs.Any(NeedsGradient)) _needGradient.Add(gradient.Output);
            _record.Add(gradient);
        }
    }

    /// <summary>Plays the record backwards from a gradient.</summary>
    /// <param name="output">Name of the tensor that the loss is of.</param>
    /// <param name="gradient">dL/d(output).</param>
    public void Backward(string output, GraphTensor gradient)
    {
        _gradients[output] = gradient;
        foreach (NodeGradient node in _record.AsEnumerable().Reverse())
        {
            if (NeedsGradient(node.Output) && Gradient(node.Output) is { } dy)
                node.Backward(new NodeScope(graph, $"{node.Output}.gradient"), dy);
        }
    }

    /// <summary>
    /// The shape that a parameter is kept in: kernels as matrices [M, C k k], so that no result is copied into another shape.
    /// </summary>
    public static TensorShape ParameterShape(GraphTensor parameter) => parameter.Shape is { Rank: 4, ElementCount: { } count } shape
        ? new TensorShape(shape[0], count / shape[0].Size)
        : parameter.Shape;
}

/// <summary>
/// What the differentiation knows of one node of a network: made on the way forward, and kept with what it has found for the way back.
/// </summary>
/// <param name="node">The node.</param>
/// <param name="tape">Values of its inputs; takes the gradients.</param>
internal abstract class NodeGradient(GraphNode node, Tape tape)
{
    /// <summary>Name of the node's output y.</summary>
    public string Output => node.Outputs[0];

    /// <summary>The node.</summary>
    protected GraphNode Node => node;

    /// <summary>The tape that the node is on.</summary>
    protected Tape Tape => tape;

    /// <summary>How sums are written.</summary>
    protected Formulation Formulation => tape.Formulation;

    /// <summary>Sizes of one image's activations of the first input, [N, C, H, W].</summary>
    protected ImageSize InputSize => tape.SizeOf(node.Inputs[0]);

    /// <summary>How a node with a window goes over its first input.</summary>
    protected WindowPass Pass => new(InputSize, tape.SizeOf(Output), SlidingWindow.Of(node));

    /// <summary>Makes what knows an operator.</summary>
    /// <exception cref="GraphException">Nothing does.</exception>
    public static NodeGradient Of(GraphNode node, Tape tape) => node.Operator switch
    {
        "Add" => new AddGradient(node, tape),
        "BatchNormalization" => new BatchNormalizationGradient(node, tape),
        "Conv" => new ConvolutionGradient(node, tape),
        "Dropout" => new DropoutGradient(node, tape),
        "Flatten" => new FlattenGradient(node, tape),
        "Gemm" => new LinearGradient(node, tape),
        "GlobalAveragePool" => new GlobalAveragePoolGradient(node, tape),
        "MaxPool" => new MaxPoolGradient(node, tape),
        "Relu" => new ReluGradient(node, tape),
        _ => throw new GraphException(node.Name, node.Operator, "there is no gradient of this operator"),
    };

    /// <summary>Computes y from the node's inputs, in the formulation's layout.</summary>
    /// <param name="scope">Where the nodes go.</param>
    public abstract GraphTensor Forward(NodeScope scope);

    /// <summary>Sends dL/dx to every input x that needs it.</summary>
    /// <param name="scope">Where the nodes go.</param>
    /// <param name="dy">dL/dy, in the formulation's layout, of y's shape.</param>
    public abstract void Backward(NodeScope scope, GraphTensor dy);

    /// <summary>The value of an input, in the formulation's layout.</summary>
    protected GraphTensor Input(int index) => tape.Value(node.Inputs[index]);

    /// <summary>Adds to the gradient of an input, if there is such an input and its gradient is of use.</summary>
    protected void Send(NodeScope scope, int index, Func<GraphTensor> gradient)
    {
        if (index < node.Inputs.Length && tape.NeedsGradient(node.Inputs[index])) tape.AddGradient(node.Inputs[index], gradient(), scope);
    }
}
