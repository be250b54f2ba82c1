using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>Puts forward pass, loss, backward pass and update together. Used once.</summary>
internal sealed class TrainingGraphBuilder
{
    /// <summary>PyTorch's and the paper's usual weight of the newest batch in the running averages.</summary>
    private const double NewestWeight = 0.1;

    private readonly Graph _network;
    private readonly TrainingGraphOptions _options;
    private readonly GraphBuilder _graph;
    private readonly Formulation _formulation;
    private readonly Tape _tape;
    private readonly List<StateTensor> _state = [];
    private readonly List<Parameter> _parameters = [];

    /// <summary>Prepares the derivation of a network's training step.</summary>
    public TrainingGraphBuilder(Graph network, TrainingGraphOptions options)
    {
        (_network, _options) = (network, options);
        _graph = new GraphBuilder($"{network.Name}.training");
        _formulation = options.ForCuda ? new BatchMajorFormulation(options.BatchSize) : new ChannelMajorFormulation(options.BatchSize);
        _tape = new Tape(network, _graph, _formulation, options.UsesBatchStatistics);
    }

    /// <summary>The nodes whose running averages follow the batches.</summary>
    private IEnumerable<GraphNode> AveragingNodes => _options.UsesBatchStatistics
        ? _network.Nodes.Where(node => node.Operator == "BatchNormalization")
        : [];

    /// <summary>Builds the graph.</summary>
    public TrainingGraph Build()
    {
        GraphTensor images = AddInput();
        AddParameters();
        _tape.Forward();
        string output = _network.Outputs.Single().Name;
        GraphTensor logits = Named(TrainingGraph.LogitsName, _formulation.ToRows(Scope("logits"), _tape.Value(output)));
        GraphTensor targets = _graph.Input(TrainingGraph.TargetsName, logits.Shape);
        NodeScope scope = Scope("loss");
        _tape.Backward(output, _formulation.FromRows(scope, AddLoss(scope, logits, targets)));
        string[] groups = [.. _parameters.Select(parameter => parameter.Group).Distinct()];
        Update(groups);
        UpdateRunningAverages();
        return new TrainingGraph(WithOutputNames(_graph.Build()), _state, images, targets, _tape.Masks, groups, _options.Update);
    }

    private NodeScope Scope(string name) => new(_graph, name);

    private GraphTensor AddInput()
    {
        GraphTensor input = _network.Inputs.Single();
        GraphTensor images = _graph.Input(input.Name, input.Shape.With(0, _options.BatchSize));
        _tape.SetValue(input.Name, _formulation.FromImages(Scope($"{input.Name}.layout"), images), needsGradient: false);
        return images;
    }

    private void AddParameters()
    {
        HashSet<string> averages = [.. AveragingNodes.SelectMany(node => node.Inputs.Skip(3))];
        foreach (GraphInitializer initializer in _network.Initializers.Where(constant => constant.ElementType == ElementType.Float))
        {
            bool isAverage = averages.Contains(initializer.Name);
            string? group = isAverage ? null : _options.GroupOf(initializer.Name);
            if (group is null && !isAverage) continue;
            GraphTensor value = AddState(
                initializer.Name, Tape.ParameterShape(_network.Tensors[initializer.Name]), initializer.Floats.ToArray());
            _tape.SetValue(initializer.Name, value, needsGradient: !isAverage);
            if (group is not null) AddParameter(initializer, group, value);
        }
    }

    private void AddParameter(GraphInitializer initializer, string group, GraphTensor value)
    {
        GraphTensor[] state = [.. _options.Update.StateNames.Select(name => AddState($"{initializer.Name}.{name}", value.Shape, default))];
        float[]? scales = _options.ScalesOf(initializer.Name);
        int rowCount = value.Shape.Rank > 1 ? (int)value.Shape[0].Size : 1;
        _parameters.Add(new Parameter(group, value, state, scales, _options.Update.FactorsOf(initializer.Floats, rowCount, scales)));
    }

    /// <summary>
    /// L = - sum over images i and classes k of t'[i, k] log p[i, k] / S for p = softmax(z) and S the sum of all targets, so that
    /// dL/dz[i, k] = (p[i, k] sum over j of t'[i, j] - t'[i, k]) / S. Targets are soft and may be weighted: a row of zeros is an image
    /// that does not count. Label smoothing moves a share e of every row evenly over the classes: t' = (1 - e) t + e / K sum of t
    /// ("Rethinking the Inception Architecture", Szegedy et al., 2016, section 7).
    /// </summary>
    /// <param name="scope">Where to.</param>
    /// <param name="logits">z, [N, K].</param>
    /// <param name="targets">t, [N, K], not negative, not all 0.</param>
    /// <returns>dL/dz, [N, K].</returns>
    private GraphTensor AddLoss(NodeScope scope, GraphTensor logits, GraphTensor targets)
    {
        double smoothing = _options.LabelSmoothing;
        long[] sizes = logits.Sizes();
        GraphTensor rowSums = scope.Reshape(scope.ReduceSum(targets, 1), sizes[0], 1);
        GraphTensor smoothed = smoothing == 0
            ? targets
            : scope.Add(scope.Mul(targets, 1 - smoothing), scope.Mul(rowSums, smoothing / sizes[1]));
        GraphTensor total = scope.ReduceSum(targets, 0, 1);
        GraphTensor logarithms = scope.LogSoftmax(logits);
        GraphTensor loss = scope.Map("Neg", scope.Div(scope.ReduceSum(scope.Mul(smoothed, logarithms), 0, 1), total));
        GraphTensor gradient = scope.Div(scope.Sub(scope.Mul(scope.Softmax(logits), rowSums), smoothed), total);
        Named(TrainingGraph.LossName, loss);
        return gradient;
    }

    private void Update(string[] groups)
    {
        NodeScope scope = Scope("update");
        var rates = groups.ToDictionary(group => group, group => _graph.Input(TrainingGraph.RateName(group), new TensorShape()));
        var decays = _options.WeightDecay == 0
            ? []
            : rates.ToDictionary(rate => rate.Key, rate => scope.Sub(scope.Scalar(1), scope.Mul(rate.Value, _options.WeightDecay)));
        GraphTensor[] scalars = [.. _options.Update.ScalarNames.Select(name => _graph.Input(name, new TensorShape()))];
        GraphTensor[] gradients = [.. _parameters.Select(GradientOf)];
        if (_options.ClipNorm is { } limit)
            gradients = GradientClipping.Add(scope, gradients, [.. _parameters.Select(parameter => parameter.Scales)], limit);
        foreach ((Parameter parameter, GraphTensor gradient) in _parameters.Zip(gradients))
        {
            GraphTensor rate = RateOf(scope, parameter, rates[parameter.Group]);
            (GraphTensor step, GraphTensor[] state) = _options.Update.Add(scope, gradient, parameter.State, scalars);
            GraphTensor scaled = _options.Update.RateScalar(scalars) is { } scalar ? scope.Mul(rate, scalar) : rate;
            // w (1 - rate decay) - rate step: the decay is the weights' own and does not pass through the gradient
            // ("Decoupled Weight Decay Regularization", Loshchilov and Hutter, 2019, algorithms 1 and 2).
            GraphTensor kept = parameter.IsMatrix && decays.TryGetValue(parameter.Group, out GraphTensor? decay)
                ? scope.Mul(parameter.Value, decay)
                : parameter.Value;
            GraphTensor weights = scope.Sub(kept, scope.Mul(step, scaled));
            if (_options.L1 > 0 && parameter.IsMatrix && parameter.Group == _options.L1Group) weights = Shrink(scope, weights, rate);
            Named($"{parameter.Value.Name}.next", weights);
            foreach ((GraphTensor old, GraphTensor next) in parameter.State.Zip(state)) Named($"{old.Name}.next", next);
        }
    }

    private static GraphTensor RateOf(NodeScope scope, Parameter parameter, GraphTensor groupRate) => parameter.RateFactors is { } factors
        ? scope.Mul(groupRate, scope.Constant(parameter.IsMatrix ? [factors.Length, 1] : [factors.Length], factors))
        : groupRate;

    private GraphTensor GradientOf(Parameter parameter) => _tape.Gradient(parameter.Value.Name)
        ?? throw new GraphException(parameter.Value.Name, "parameter", "the loss does not depend on it");

    /// <summary>
    /// The proximal step of rate * l1 * |w|: towards 0 by rate * l1, and no further ("Proximal Algorithms", Parikh and Boyd, 2014, 6.5.2).
    /// </summary>
    private GraphTensor Shrink(NodeScope scope, GraphTensor weights, GraphTensor rate)
    {
        GraphTensor distance = scope.Mul(rate, _options.L1);
        GraphTensor above = scope.Relu(scope.Sub(weights, distance));
        GraphTensor below = scope.Relu(scope.Sub(scope.Map("Neg", weights), distance));
        return scope.Sub(above, below);
    }

    private void UpdateRunningAverages()
    {
        foreach (GraphNode node in AveragingNodes)
        {
            NodeScope scope = Scope($"{node.Name}.averages");
            (GraphTensor mean, GraphTensor variance) = _tape.Statistics[node.Name];
            foreach ((string name, GraphTensor newest) in new[] { (node.Inputs[3], mean), (node.Inputs[4], variance) })
                Named($"{name}.next", scope.Add(scope.Mul(_tape.Value(name), 1 - NewestWeight), scope.Mul(newest, NewestWeight)));
        }
    }

    private GraphTensor AddState(string name, TensorShape shape, ReadOnlyMemory<float> initial)
    {
        _state.Add(new StateTensor(name, [.. shape.Dimensions.Select(dimension => dimension.Size)], initial));
        return _graph.Input(name, shape);
    }

    /// <summary>An output needs its own name: WithOutputNames takes the Identity away again where it can.</summary>
    private GraphTensor Named(string name, GraphTensor tensor)
    {
        GraphTensor named = _graph.Node(name).Map("Identity", tensor);
        _graph.Output(named);
        return named;
    }

    /// <summary>
    /// Lets nodes write outputs of the graph under the outputs' own names. A value that is both an output and used further on (new
    /// momentum, new moments) would otherwise be copied by the Identity that names it: ONNX Runtime removes that node only where nothing
    /// else reads. An Identity whose input is given from outside, or is an output already, stays.
    /// </summary>
    private static Graph WithOutputNames(Graph graph)
    {
        HashSet<string> outputs = [.. graph.Outputs.Select(output => output.Name)];
        HashSet<string> made = [.. graph.Nodes.SelectMany(node => node.Outputs)];
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        var kept = new List<GraphNode>();
        foreach (GraphNode node in graph.Nodes)
        {
            bool isName = node.Operator == "Identity" && outputs.Contains(node.Outputs[0]);
            string source = node.Inputs.FirstOrDefault("");
            if (!isName || !made.Contains(source) || outputs.Contains(source) || !names.TryAdd(source, node.Outputs[0])) kept.Add(node);
        }

        ImmutableArray<string> Named(ImmutableArray<string> old) => [.. old.Select(name => names.GetValueOrDefault(name, name))];
        return graph with
        {
            Nodes = [.. kept.Select(node => node with { Inputs = Named(node.Inputs), Outputs = Named(node.Outputs) })],
            Tensors = graph.Tensors.Where(tensor => !names.ContainsKey(tensor.Key)).ToFrozenDictionary(StringComparer.Ordinal),
        };
    }

    /// <summary>A parameter in the graph; scales and factors as UpdateRule.FactorsOf describes them.</summary>
    private sealed record Parameter(string Group, GraphTensor Value, GraphTensor[] State, float[]? Scales, float[]? RateFactors)
    {
        public bool IsMatrix => Value.Shape.Rank > 1;
    }
}
