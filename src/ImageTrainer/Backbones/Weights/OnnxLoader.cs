using System.Collections.Immutable;
using Google.Protobuf;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Reads ONNX networks. One that is a ResNet by its structure becomes one of ours, for any image size. Any other is taken as it is, cut behind
/// its features, and our input put before it: Pixels, normalised, on a free batch axis. Files written by this library normalise themselves.
/// </summary>
internal static class OnnxLoader
{
    // Every foreign name gets it, so that none can meet one of ours.
    private const string Prefix = "imported.";

    /// <summary>Loads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="descriptor">Normalisation, default size, and the feature tensor where the user names one.</param>
    /// <param name="imageSize">Side asked for in pixels, or null for the network's own or the descriptor's.</param>
    /// <exception cref="BackboneException">The file is damaged, or not a network from one image to one row of features.</exception>
    public static LoadedNetwork Load(WeightFile file, BackboneDescriptor descriptor, int? imageSize)
    {
        ModelProto model = OnnxFile.Read(file);
        string features = FindFeatures(file, model.Graph, descriptor.FeatureTensor);
        bool isOurs = model.ProducerName == OnnxModel.Producer && model.Graph.Input is [{ Name: TensorNames.Pixels }];
        int size = imageSize ?? descriptor.ImageSize;
        return ResNetLoader.TryLoad(file, model.Graph, features, isOurs ? NetworkInput.OfPixels(size) : NetworkInput.Of(descriptor, size))
            ?? LoadForeign(file, model, features, descriptor, (imageSize, isOurs));
    }

    private static LoadedNetwork LoadForeign(
        WeightFile file, ModelProto model, string features, BackboneDescriptor descriptor, (int? ImageSize, bool IsOurs) input)
    {
        string Rename(string name) => input.IsOurs && name == TensorNames.Pixels ? name : Prefix + name;
        OnnxNames.Rename(model.Graph, Rename);
        features = Rename(features);
        OnnxCut cut = OnnxCut.Behind(model.Graph, features);
        OnnxImageInput image = OnnxImageInput.Find(file, cut.Inputs, input.ImageSize, descriptor.ImageSize);
        var graph = new GraphBuilder("imported", OnnxFile.OperatorSets(model), [.. model.Functions]);
        if (input.IsOurs)
            graph.Input(image.Name, new TensorShape("N", 3, image.Size.Height, image.Size.Width));
        else
            AddImage(graph, image, descriptor);
        AddNodes(file, graph, cut);
        TensorShape shape = FindShape(file, model.Graph, graph.Build(), features);
        graph.Output(graph.Node(TensorNames.Features).Flatten(graph.Declare(features, shape)));
        return new LoadedNetwork(null, graph.Build(), OnnxHead.ReadAfter(model.Graph, features, (int)shape[1].Size));
    }

    private static void AddImage(GraphBuilder graph, OnnxImageInput image, BackboneDescriptor descriptor)
    {
        bool isBgr = descriptor.ChannelOrder == ChannelOrder.Bgr;
        string name = isBgr ? "normalize" : image.Name;
        GraphTensor rgb = graph.AddNormalizedPixels(name, image.Size, descriptor.Mean, descriptor.StandardDeviation);
        if (isBgr) graph.ReverseChannels(image.Name, rgb);
    }

    private static string FindFeatures(WeightFile file, GraphProto graph, string? named)
    {
        string features = named ?? OnnxHead.FindLast(graph)?.Input[0] ?? OnnxPooling.FindLast(graph)
            ?? throw file.Fault("it has neither Gemm, MatMul nor a mean over space to tell the features by; name the feature tensor in its descriptor");
        return graph.Node.Any(node => node.Output.Contains(features))
            ? features
            : throw file.Fault($"none of its nodes makes a tensor '{features}' to take the features from");
    }

    private static string Original(string name) => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;

    private static void AddNodes(WeightFile file, GraphBuilder graph, OnnxCut cut)
    {
        try
        {
            foreach (TensorProto initializer in cut.Initializers)
                graph.AddForeign(GraphInitializer.FromProto(initializer));
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (NodeProto node in cut.Nodes)
                graph.AddForeign(ToNode(node, names));
        }
        catch (GraphException exception)
        {
            throw file.Fault($"it has two tensors of one name ({exception.Message.TrimEnd('.')})", exception);
        }
    }

    // Names are optional and need not differ; here they tell nodes apart.
    private static string NameOf(NodeProto node, HashSet<string> names)
    {
        string name = node.Name.Length > 0 ? node.Name : node.Output.FirstOrDefault(output => output.Length > 0) ?? node.OpType;
        while (!names.Add(name)) name += "_";
        return name;
    }

    private static GraphNode ToNode(NodeProto node, HashSet<string> names) => new()
    {
        Name = NameOf(node, names),
        Operator = node.OpType,
        Domain = node.Domain,
        Overload = node.Overload,
        Inputs = [.. node.Input],
        Outputs = [.. node.Output],
        Attributes = [.. node.Attribute],
    };

    // [N, D] or [N, D, 1, 1] with a free N. Where inference stops short, the layer after the features tells D.
    private static TensorShape FindShape(WeightFile file, GraphProto graph, Graph cut, string features)
    {
        int[] inferred = OnnxShapeProbe.Infer(file, cut, features);
        string name = Original(features);
        if (inferred is [> 0, ..])
            throw file.Fault($"its batch is fixed to {inferred[0]} before '{name}'; export it with a free batch axis");
        long? width = inferred is [_, var second, ..] && second > 0 ? second : OnnxHead.WidthAfter(graph, features);
        bool isRow = inferred is [] or [_, _] || (inferred.Length > 2 && inferred.AsSpan(2).IndexOfAnyExcept(1) < 0);
        if (!isRow || width is not (> 0 and <= int.MaxValue))
        {
            string found = WeightTensor.ToText(inferred.Select(size => (long)size));
            throw file.Fault($"its tensor '{name}' is {found} where features are [N, D] or [N, D, 1, 1]");
        }

        return inferred.Length <= 2
            ? new TensorShape("N", width.Value)
            : new TensorShape(["N", width.Value, .. inferred.Skip(2).Select(size => (Dimension)(long)size)]);
    }
}

/// <summary>Reads ONNX files and turns away what would reach outside them.</summary>
internal static class OnnxFile
{
    // From version 7 on, arithmetic broadcasts as it does today, which the nodes put around the network rely on.
    private const long MinOperatorSet = 7;
    private const byte FormatVersionTag = 0x08;
    private const int ExternalLocation = 1;

    /// <summary>Whether the file starts with a plausible version of the ONNX format.</summary>
    public static bool IsOnnx(WeightFile file) => file.Length >= 2 && file.Read(0, 2) is [FormatVersionTag, > 0 and < 128];

    /// <summary>Reads a file.</summary>
    /// <exception cref="BackboneException">It is damaged, too old, or keeps tensors in other files or in sparse form.</exception>
    public static ModelProto Read(WeightFile file)
    {
        ModelProto model = file.ReadAll(stream => Parse(file, stream));
        if (model.Graph is null || model.Graph.Node.Count == 0)
            throw file.Fault("it is an ONNX file without a network");
        long version = OperatorSets(model).GetValueOrDefault("");
        if (version < MinOperatorSet)
            throw file.Fault($"it is written for ONNX operator set {version}; {MinOperatorSet} is the least");
        CheckGraph(file, model.Graph);
        CheckNodes(file, model.Functions.SelectMany(function => function.Node));
        return model;
    }

    /// <summary>Operator-set version by domain; ONNX's own under the empty name.</summary>
    public static ImmutableSortedDictionary<string, long> OperatorSets(ModelProto model)
    {
        var sets = ImmutableSortedDictionary.CreateBuilder<string, long>(StringComparer.Ordinal);
        foreach (OperatorSetIdProto set in model.OpsetImport)
            sets[set.Domain == "ai.onnx" ? "" : set.Domain] = set.Version;
        return sets.ToImmutable();
    }

    private static ModelProto Parse(WeightFile file, Stream stream)
    {
        try
        {
            using var input = new CodedInputStream(stream, leaveOpen: true);
            return ModelProto.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw file.Fault("it starts like an ONNX file but is damaged", exception);
        }
    }

    // Nesting is bounded: the parser goes no deeper than 100 messages.
    private static void CheckGraph(WeightFile file, GraphProto graph)
    {
        if (graph.SparseInitializer.Count > 0)
            throw file.Fault("it has sparse tensors, which are not supported");
        CheckTensors(file, graph.Initializer);
        CheckNodes(file, graph.Node);
    }

    private static void CheckNodes(WeightFile file, IEnumerable<NodeProto> nodes)
    {
        foreach (AttributeProto attribute in nodes.SelectMany(node => node.Attribute))
        {
            if (attribute.Type is AttributeProto.Types.AttributeType.SparseTensor or AttributeProto.Types.AttributeType.SparseTensors)
                throw file.Fault("it has sparse tensors, which are not supported");
            CheckTensors(file, attribute.T is null ? attribute.Tensors : attribute.Tensors.Append(attribute.T));
            foreach (GraphProto graph in OnnxNames.Subgraphs(attribute))
                CheckGraph(file, graph);
        }
    }

    private static void CheckTensors(WeightFile file, IEnumerable<TensorProto> tensors)
    {
        TensorProto? outside = tensors.FirstOrDefault(tensor => tensor.DataLocation == ExternalLocation || tensor.ExternalData.Count > 0);
        if (outside is not null)
            throw file.Fault($"its tensor '{outside.Name}' lies in another file; export the network into one file");
    }
}

/// <summary>The linear layer that an ONNX classifier ends in.</summary>
internal static class OnnxHead
{
    /// <summary>The last node that multiplies by a matrix, which a classifier does at its end; null where there is none.</summary>
    public static NodeProto? FindLast(GraphProto graph) =>
        graph.Node.LastOrDefault(node => node is { OpType: "Gemm" or "MatMul", Domain: "" or "ai.onnx" } && node.Input.Count >= 2);

    /// <summary>Number of columns that the first such node after a tensor asks of it, or null where the file does not tell.</summary>
    public static long? WidthAfter(GraphProto graph, string tensor) =>
        graph.Node.FirstOrDefault(node =>
            node.OpType is "Gemm" or "MatMul" && node.Input is [var first, _, ..] && first == tensor) is { } node
        && FindMatrix(graph, node.Input[1]) is { Dims: [var rows, var columns] }
            ? IsTransposed(node) ? columns : rows
            : null;

    /// <summary>The weights and biases of a Gemm on a tensor, or null where they are not plain floats.</summary>
    public static LinearLayer? ReadAfter(GraphProto graph, string tensor, int featureCount)
    {
        NodeProto? node = graph.Node.FirstOrDefault(node => node.OpType == "Gemm" && node.Input is [var first, _, _] && first == tensor);
        if (node is null || node.Attribute.Any(attribute => attribute.Name is "alpha" or "beta" && attribute.F != 1))
            return null;
        var view = new OnnxGraphView(graph);
        if (view.Floats(node.Input[1]) is not { } weights || view.Floats(node.Input[2]) is not { } biases) return null;
        if (biases.Length == 0 || (long)biases.Length * featureCount != weights.Length)
            return null;
        return new LinearLayer(IsTransposed(node) ? weights : Transpose(weights, featureCount, biases.Length), biases);
    }

    private static bool IsTransposed(NodeProto node) => node.Attribute.Any(attribute => attribute is { Name: "transB", I: not 0 });

    private static TensorProto? FindMatrix(GraphProto graph, string name) => graph.Initializer.FirstOrDefault(tensor => tensor.Name == name);

    private static float[] Transpose(float[] matrix, int rowCount, int columnCount)
    {
        float[] transposed = new float[matrix.Length];
        for (int row = 0; row < rowCount; row++)
        {
            for (int column = 0; column < columnCount; column++)
                transposed[(column * rowCount) + row] = matrix[(row * columnCount) + column];
        }

        return transposed;
    }
}
