using ImageTrainer.Graphs.Gradients.Updates;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>Puts forward pass, loss, backward pass and update together. Used once.</summary>
internal sealed class TrainingGraphBuilder
{
    // PyTorch's and the paper's usual weight of the newest batch in the running averages.
    private const double NewestWeight = 0.1;

    private readonly Graph _network;
    private readonly TrainingGraphOptions _options;
    private readonly GraphBuilder _graph;
    private readonly Tape _tape;
    private readonly List<StateTensor> _state = [];
    private readonly List<Parameter> _parameters = [];

    public TrainingGraphBuilder(Graph network, TrainingGraphOptions options)
    {
        (_network, _options) = (network, options);
        _graph = new GraphBuilder($"{network.Name}.training");
        _tape = new Tape(
            network, _graph, TrainingGraph.FormulationFor(options.ForCuda, options.BatchSize), options.UsesBatchStatistics);
    }

    /// <summary>Builds the graph.</summary>
    public TrainingGraph Build()
    {
        GraphTensor images = AddInput();
        AddParameters();
        _tape.Forward();
        string output = _network.Outputs.Single().Name;
        GraphTensor logits = Named(TrainingGraph.LogitsName, _tape.Formulation.ToRows(new NodeScope(_graph, "logits"), _tape.Value(output)));
        GraphTensor targets = _graph.Input(TrainingGraph.TargetsName, logits.Shape);
        var scope = new NodeScope(_graph, "loss");
        (GraphTensor loss, GraphTensor gradient) = SoftmaxCrossEntropy.Add(scope, logits, targets, _options.LabelSmoothing);
        Named(TrainingGraph.LossName, loss);
        _tape.Backward(output, _tape.Formulation.FromRows(scope, gradient));
        string[] groups = [.. _parameters.Select(parameter => parameter.Group).Distinct()];
        Update(groups);
        UpdateRunningAverages();
        return new TrainingGraph(OutputNames.Settle(_graph.Build()), _state, images, targets, _tape.Masks, groups, _options.Update);
    }

    private GraphTensor AddInput()
    {
        GraphTensor input = _network.Inputs.Single();
        GraphTensor images = _graph.Input(input.Name, input.Shape.With(0, _options.BatchSize));
        _tape.SetValue(input.Name, _tape.Formulation.FromImages(new NodeScope(_graph, $"{input.Name}.layout"), images), needsGradient: false);
        return images;
    }

    private void AddParameters()
    {
        HashSet<string> averages = [.. RunningAverages().SelectMany(node => node.Inputs.Skip(3))];
        foreach (GraphInitializer initializer in _network.Initializers.Where(constant => constant.ElementType == ElementType.Float))
        {
            bool isAverage = averages.Contains(initializer.Name);
            string? group = isAverage ? null : _options.GroupOf(initializer.Name);
            if (group is null && !isAverage) continue;
            GraphTensor value = AddState(initializer.Name, Tape.ParameterShape(_network.Tensors[initializer.Name]), initializer.Floats.ToArray());
            _tape.SetValue(initializer.Name, value, needsGradient: !isAverage);
            if (group is null) continue;
            GraphTensor[] state = [.. _options.Update.StateNames.Select(name => AddState($"{initializer.Name}.{name}", value.Shape, default))];
            float[]? scales = _options.ScalesOf(initializer.Name);
            int rowCount = value.Shape.Rank > 1 ? (int)value.Shape[0].Size : 1;
            _parameters.Add(new Parameter(initializer.Name, group, value, state)
            {
                Scales = scales,
                RateFactors = _options.Update.FactorsOf(initializer.Floats, rowCount, scales),
            });
        }
    }

    private void Update(string[] groups)
    {
        var scope = new NodeScope(_graph, "update");
        var rates = groups.ToDictionary(group => group, group => _graph.Input(TrainingGraph.RateName(group), new TensorShape()));
        var decays = _options.WeightDecay == 0
            ? []
            : rates.ToDictionary(rate => rate.Key, rate => scope.Sub(scope.Scalar(1), scope.Mul(rate.Value, _options.WeightDecay)));
        GraphTensor[] scalars = [.. _options.Update.ScalarNames.Select(name => _graph.Input(name, new TensorShape()))];
        IReadOnlyList<GraphTensor> gradients = [.. _parameters.Select(Gradient)];
        if (_options.ClipNorm is { } limit) gradients = GradientClipping.Add(scope, gradients, [.. _parameters.Select(parameter => parameter.Scales)], limit);
        foreach ((Parameter parameter, GraphTensor gradient) in _parameters.Zip(gradients))
        {
            bool isMatrix = parameter.Value.Shape.Rank > 1;
            var updated = new UpdatedParameter(parameter.Value, gradient, parameter.State);
            GraphTensor rate = rates[parameter.Group];
            if (parameter.RateFactors is { } factors)
                rate = scope.Mul(rate, isMatrix ? scope.Constant([factors.Length, 1], factors) : scope.Constant([factors.Length], factors));
            var moves = new UpdateRates(rate, isMatrix ? decays.GetValueOrDefault(parameter.Group) : null);
            (GraphTensor weights, GraphTensor[] state) = _options.Update.Add(scope, updated, moves, scalars);
            if (_options.L1 > 0 && isMatrix && parameter.Group == _options.L1Group) weights = Shrink(scope, weights, moves.Rate);
            Named($"{parameter.Name}.next", weights);
            foreach ((GraphTensor old, GraphTensor next) in parameter.State.Zip(state)) Named($"{old.Name}.next", next);
        }
    }

    private GraphTensor Gradient(Parameter parameter) => _tape.Gradient(parameter.Name)
        ?? throw new GraphException(parameter.Name, "parameter", "the loss does not depend on it");

    // The proximal step of rate * l1 * |w|: towards 0 by rate * l1, and no further ("Proximal Algorithms", Parikh and Boyd, 2014, 6.5.2).
    private GraphTensor Shrink(NodeScope scope, GraphTensor weights, GraphTensor rate)
    {
        GraphTensor distance = scope.Mul(rate, _options.L1);
        GraphTensor above = scope.Map("Relu", scope.Sub(weights, distance));
        GraphTensor below = scope.Map("Relu", scope.Sub(scope.Map("Neg", weights), distance));
        return scope.Sub(above, below);
    }

    private void UpdateRunningAverages()
    {
        foreach (GraphNode node in RunningAverages())
        {
            var scope = new NodeScope(_graph, $"{node.Name}.averages");
            (GraphTensor mean, GraphTensor variance) = _tape.Statistics[node.Name];
            foreach ((string name, GraphTensor newest) in new[] { (node.Inputs[3], mean), (node.Inputs[4], variance) })
                Named($"{name}.next", scope.Add(scope.Mul(_tape.Value(name), 1 - NewestWeight), scope.Mul(newest, NewestWeight)));
        }
    }

    private IEnumerable<GraphNode> RunningAverages() => _options.UsesBatchStatistics
        ? _network.Nodes.Where(node => node.Operator == "BatchNormalization")
        : [];

    private GraphTensor AddState(string name, TensorShape shape, ReadOnlyMemory<float> initial)
    {
        _state.Add(new StateTensor(name, [.. shape.Dimensions.Select(dimension => dimension.Size)], initial));
        return _graph.Input(name, shape);
    }

    // An output needs its own name: OutputNames takes the Identity away again where it can.
    private GraphTensor Named(string name, GraphTensor tensor)
    {
        GraphTensor named = _graph.Emit("Identity", name, [tensor], tensor.Shape);
        _graph.Output(named);
        return named;
    }

    private sealed record Parameter(string Name, string Group, GraphTensor Value, GraphTensor[] State)
    {
        public float[]? Scales { get; init; }

        public float[]? RateFactors { get; init; }
    }
}
