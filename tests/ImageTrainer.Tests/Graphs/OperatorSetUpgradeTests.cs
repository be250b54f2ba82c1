using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using ImageTrainer.Graphs;
using ImageTrainer.Graphs.Protobuf;

namespace ImageTrainer.Tests.Graphs;

/// <summary>Graphs of operator sets before 13, run as they are and converted.</summary>
[TestClass]
public sealed class OperatorSetUpgradeTests
{
    private static readonly long[] Shape = [2, 4, 6, 6];
    private static readonly float[] Input = [.. Enumerable.Range(0, 2 * 4 * 6 * 6).Select(i => 4 * MathF.Sin(i * 1.7f))];

    [TestMethod]
    [DataRow(7, "Clip", "min=0f max=2.5f")]
    [DataRow(10, "Clip", "max=2.5f")]
    [DataRow(7, "Pad", "pads=0,0,1,2,0,0,1,0 value=0.5f")]
    [DataRow(9, "Pad", "pads=0,0,1,2,0,0,1,0 mode='reflect'")]
    [DataRow(9, "Slice", "starts=1,2 ends=3,6 axes=1,2")]
    [DataRow(9, "Slice", "starts=1,2 ends=2,4")]
    [DataRow(9, "TopK", "k=3 axis=1")]
    [DataRow(12, "Split", "axis=1 split=1,3")]
    [DataRow(12, "Split", "axis=1")]
    [DataRow(12, "Unsqueeze", "axes=0,3")]
    [DataRow(12, "ReduceSum", "axes=2,3 keepdims=0")]
    [DataRow(12, "ReduceSum", "keepdims=1")]
    [DataRow(12, "Softmax", "")]
    [DataRow(11, "LogSoftmax", "axis=2")]
    [DataRow(11, "Hardmax", "axis=3")]
    [DataRow(8, "Dropout", "ratio=0.3f")]
    [DataRow(7, "Upsample", "scales=1f,1f,2f,3f mode='nearest'")]
    [DataRow(8, "Upsample", "scales=1f,1f,2f,2f mode='linear'")]
    [DataRow(12, "Relu", "")]
    [DataRow(11, "MaxPool", "kernel_shape=2,2 strides=2,2 ceil_mode=1")]
    public void Apply_OneOperator_ComputesTheSame(int operatorSet, string operatorName, string attributes)
    {
        Graph graph = Of(operatorSet, operatorName, attributes, outputCount: operatorName is "Split" or "TopK" ? 2 : 1);

        Graph upgraded = OperatorSetUpgrade.Apply(graph);

        Assert.AreEqual(13, upgraded.OperatorSets[""]);
        AssertSame(graph, upgraded);
    }

    [TestMethod]
    public void Apply_BatchNormalizationOfSet8_LosesItsAttributeAlone()
    {
        Graph graph = Of(8, "BatchNormalization", "spatial=1 epsilon=0.01f", inputs: [("g", [4, 3, 2, 1]), ("b", [1, 2, 3, 4]), ("m", [0, 1, 0, 1]), ("v", [1, 2, 3, 4])]);

        AssertSame(graph, OperatorSetUpgrade.Apply(graph));
    }

    [TestMethod]
    [DataRow(9, "Upsample")]
    [DataRow(10, "Resize")]
    public void Apply_ScalesAsInput_ComputesTheSame(int operatorSet, string operatorName)
    {
        Graph graph = Of(operatorSet, operatorName, "mode='nearest'", inputs: [("s", [1, 1, 2, 1.5f])]);

        AssertSame(graph, OperatorSetUpgrade.Apply(graph));
    }

    [TestMethod]
    [DataRow(10, "Resize", "mode='nearest'", 0.5f)]
    [DataRow(9, "Upsample", "mode='nearest'", 0.5f)]
    [DataRow(9, "Scatter", "", 1f)]
    public void Apply_WhatCannotBeConverted_StaysAsItIs(int operatorSet, string operatorName, string attributes, float scale)
    {
        Graph graph = Of(operatorSet, operatorName, attributes, inputs: [("s", [1, 1, scale, scale])]);

        Assert.AreSame(graph, OperatorSetUpgrade.Apply(graph));
    }

    [TestMethod]
    [DataRow(13)]
    [DataRow(17)]
    public void Apply_LaterSet_StaysAsItIs(int operatorSet)
    {
        Graph graph = Of(operatorSet, "Frobnicate", "");

        Assert.AreSame(graph, OperatorSetUpgrade.Apply(graph));
    }

    private static Graph Of(int operatorSet, string operatorName, string attributes, int outputCount = 1, (string Name, float[] Values)[]? inputs = null)
    {
        var x = new GraphTensor("x", ElementType.Float, new TensorShape([.. Shape.Select(size => (Dimension)size)]));
        var y = new GraphTensor("y", ElementType.Float, new TensorShape("a"));
        (string Name, float[] Values)[] constants = inputs ?? [];
        return new Graph
        {
            Name = "old",
            Inputs = [x],
            Outputs = [y],
            Nodes =
            [
                new GraphNode
                {
                    Name = "node",
                    Operator = operatorName,
                    Inputs = ["x", .. constants.Select(constant => constant.Name)],
                    Outputs = [.. new[] { "y", "z" }.Take(outputCount)],
                    Attributes = [.. attributes.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Parse)],
                },
            ],
            Initializers =
            [
                .. constants.Select(constant => GraphInitializer.FromBytes(
                    new GraphTensor(constant.Name, ElementType.Float, new TensorShape(constant.Values.Length)), MemoryMarshal.AsBytes(constant.Values.AsSpan()).ToArray())),
            ],
            Tensors = new Dictionary<string, GraphTensor> { ["x"] = x, ["y"] = y }.ToFrozenDictionary(),
            OperatorSets = ImmutableSortedDictionary<string, long>.Empty.Add("", operatorSet),
        };
    }

    // "axes=1,2", "value=0.5f", "mode='linear'": lists where there is a comma or the name says so.
    private static AttributeProto Parse(string text)
    {
        string[] parts = text.Split('=');
        (string name, string value) = (parts[0], parts[1]);
        if (value[0] == '\'')
            return new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.String, S = ByteString.CopyFromUtf8(value.Trim('\'')) };
        string[] items = value.Split(',');
        if (name == "scales")
            return new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Floats, Floats = { items.Select(Number) } };
        if (value.EndsWith('f')) return GraphAttribute.Float(name, Number(value));
        bool isList = items.Length > 1 || name is "axes" or "split";
        return isList ? GraphAttribute.Ints(name, items.Select(item => (long)Number(item))) : GraphAttribute.Int(name, (long)Number(value));
    }

    private static float Number(string text) => float.Parse(text.TrimEnd('f'), System.Globalization.CultureInfo.InvariantCulture);

    private static void AssertSame(Graph expected, Graph actual)
    {
        (float[] values, long[] shape) = Run(expected);
        (float[] upgraded, long[] upgradedShape) = Run(actual);
        CollectionAssert.AreEqual(shape, upgradedShape);
        CollectionAssert.AreEqual(values, upgraded);
    }

    private static (float[] Values, long[] Shape) Run(Graph graph)
    {
        ModelProto model = OnnxModel.ToProto(graph);
        model.Graph.Output[0].Type.TensorType.Shape = null;
        return NetworkRun.Run(model.ToByteArray(), "y", ("x", Input, Shape));
    }
}
