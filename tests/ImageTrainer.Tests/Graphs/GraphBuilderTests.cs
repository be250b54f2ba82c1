using ImageTrainer.Graphs;

namespace ImageTrainer.Tests.Graphs;

[TestClass]
public sealed class GraphBuilderTests
{
    [TestMethod]
    public void Conv_WrongChannelCount_NamesNodeAndShapes()
    {
        var graph = new GraphBuilder("test");
        GraphTensor x = graph.Input("x", new TensorShape("N", 3, 8, 8));
        GraphTensor kernel = graph.Constant("w", new TensorShape(2, 4, 3, 3), new float[72].AsSpan());
        GraphTensor bias = graph.Constant("b", new TensorShape(2), [0, 0]);

        var exception = Assert.ThrowsExactly<GraphException>(() => graph.Node("stage3.block2.conv1").Conv(x, (kernel, bias), (1, 1)));

        Assert.AreEqual("stage3.block2.conv1", exception.NodeName);
        Assert.AreEqual("Node 'stage3.block2.conv1' (Conv): 'x' [N, 3, 8, 8] has 3 channels, the kernel [2, 4, 3, 3] takes 4.", exception.Message);
    }

    [TestMethod]
    public void Conv_WindowLargerThanImage_NamesNode()
    {
        var graph = new GraphBuilder("test");
        GraphTensor x = graph.Input("x", new TensorShape("N", 1, 4, 4));
        GraphTensor kernel = graph.Constant("w", new TensorShape(1, 1, 7, 7), new float[49].AsSpan());
        GraphTensor bias = graph.Constant("b", new TensorShape(1), [0]);

        var exception = Assert.ThrowsExactly<GraphException>(() => graph.Node("conv").Conv(x, (kernel, bias), (2, 1)));

        Assert.AreEqual("Node 'conv' (Conv): a window of 7 does not fit into 'x', [N, 1, 4, 4] padded by 1.", exception.Message);
    }

    [TestMethod]
    public void Add_ShapesThatDoNotBroadcast_NamesNode()
    {
        var graph = new GraphBuilder("test");
        GraphTensor a = graph.Input("a", new TensorShape("N", 3));
        GraphTensor b = graph.Input("b", new TensorShape("N", 4));

        var exception = Assert.ThrowsExactly<GraphException>(() => graph.Node("sum").Add(a, b));

        Assert.AreEqual("sum", exception.NodeName);
    }

    [TestMethod]
    public void Add_DifferentSymbols_NamesNode()
    {
        var graph = new GraphBuilder("test");
        GraphTensor a = graph.Input("a", new TensorShape("N", 3));
        GraphTensor b = graph.Input("b", new TensorShape("M", 3));

        var exception = Assert.ThrowsExactly<GraphException>(() => graph.Node("sum").Add(a, b));

        StringAssert.Contains(exception.Message, "[N, 3] of 'a' and [M, 3] of 'b'");
    }

    [TestMethod]
    public void Gemm_WrongWidth_NamesNode()
    {
        var graph = new GraphBuilder("test");
        GraphTensor x = graph.Input("x", new TensorShape("N", 3));
        GraphTensor weights = graph.Constant("w", new TensorShape(2, 4), new float[8].AsSpan());
        GraphTensor bias = graph.Constant("b", new TensorShape(2), [0, 0]);

        var exception = Assert.ThrowsExactly<GraphException>(() => graph.Node("head").Gemm(x, weights, bias));

        Assert.AreEqual("head", exception.NodeName);
    }

    [TestMethod]
    public void Relu_NameTaken_NamesNode()
    {
        var graph = new GraphBuilder("test");
        GraphTensor x = graph.Input("x", new TensorShape("N", 3));

        var exception = Assert.ThrowsExactly<GraphException>(() => graph.Node("x").Relu(x));

        Assert.AreEqual("Node 'x' (Relu): there is another tensor of this name.", exception.Message);
    }

    [TestMethod]
    public void Relu_TensorOfAnotherGraph_NamesNode()
    {
        GraphTensor stranger = new GraphBuilder("other").Input("x", new TensorShape("N", 3));

        var exception = Assert.ThrowsExactly<GraphException>(() => new GraphBuilder("test").Node("y").Relu(stranger));

        Assert.AreEqual("Node 'y' (Relu): the input 'x' is not of this graph.", exception.Message);
    }

    [TestMethod]
    public void Constant_WrongLength_NamesIt()
    {
        var exception = Assert.ThrowsExactly<GraphException>(() => new GraphBuilder("test").Constant("w", new TensorShape(3), [1, 2]));

        Assert.AreEqual("w", exception.NodeName);
    }

    [TestMethod]
    public void Build_ContinuedFromAGraph_LeavesTheFirstAsItWas()
    {
        var first = new GraphBuilder("test");
        GraphTensor y = first.Node("y").Relu(first.Input("x", new TensorShape("N", 3)));
        first.Output(y);
        Graph start = first.Build();

        var second = new GraphBuilder(start);
        second.Output(second.Node("z").Relu(second.Tensor("y")));
        Graph longer = second.Build();

        Assert.AreEqual("y", start.Outputs.Single().Name);
        CollectionAssert.AreEqual(new[] { "y" }, start.Nodes.Select(node => node.Name).ToArray());
        Assert.AreEqual("z", longer.Outputs.Single().Name);
        CollectionAssert.AreEqual(new[] { "y", "z" }, longer.Nodes.Select(node => node.Name).ToArray());
    }

    [TestMethod]
    public void Write_MetadataInAnyOrder_GivesTheSameBytes()
    {
        var builder = new GraphBuilder("test");
        builder.Output(builder.Node("y").Relu(builder.Input("x", new TensorShape("N", 3))));
        Graph graph = builder.Build();

        byte[] forwards = OnnxModel.Write(graph, new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" });
        byte[] backwards = OnnxModel.Write(graph, new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" });

        CollectionAssert.AreEqual(forwards, backwards);
    }
}
