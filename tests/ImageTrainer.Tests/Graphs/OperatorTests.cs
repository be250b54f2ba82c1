using ImageTrainer.Graphs;

namespace ImageTrainer.Tests.Graphs;

[TestClass]
public sealed class OperatorTests
{
    private const float Tolerance = 1e-5f;

    [TestMethod]
    public void Conv_StrideAndPadding_GivesTheSumsWorkedOutByHand()
    {
        float[] image = [1, 2, 3, 4, 5, 6, 7, 8, 9];

        (float[] values, long[] shape) = Apply(image, [1, 1, 3, 3], (graph, x) => graph.Node("conv").Conv(x,
            (graph.Constant("kernel", new TensorShape(1, 1, 3, 3), [0, 0, 0, 0, 1, 0, 0, 0, 1]), graph.Constant("bias", new TensorShape(1), [10])),
            (Stride: 2, Padding: 1)));

        CollectionAssert.AreEqual(new long[] { 1, 1, 2, 2 }, shape);
        CollectionAssert.AreEqual(new float[] { 10 + 1 + 5, 10 + 3, 10 + 7, 10 + 9 }, values);
    }

    [TestMethod]
    public void MaxPool_NegativeValues_NeverTakesThePadding()
    {
        float[] image = [-1, -2, -3, -4];

        (float[] values, long[] shape) = Apply(image, [1, 1, 2, 2], (graph, x) => graph.Node("pool").MaxPool(x, new SlidingWindow(3, 2, 1)));

        CollectionAssert.AreEqual(new long[] { 1, 1, 1, 1 }, shape);
        CollectionAssert.AreEqual(new float[] { -1 }, values);
    }

    [TestMethod]
    public void GlobalAveragePoolThenFlatten_TwoChannels_GivesTheirMeans()
    {
        float[] image = [1, 2, 3, 6, 10, 20, 30, 40];

        (float[] values, long[] shape) = Apply(image, [1, 2, 2, 2], (graph, x) => graph.Node("flat").Flatten(graph.Node("pool").GlobalAveragePool(x)));

        CollectionAssert.AreEqual(new long[] { 1, 2 }, shape);
        CollectionAssert.AreEqual(new float[] { 3, 25 }, values);
    }

    [TestMethod]
    public void Gemm_WeightsByClass_MultipliesByTheTranspose()
    {
        (float[] values, long[] shape) = Apply([1, 2], [1, 2], (graph, x) => graph.Node("gemm").Gemm(x,
            graph.Constant("weights", new TensorShape(3, 2), [1, 0, 0, 1, 1, 1]),
            graph.Constant("bias", new TensorShape(3), [0, 0, 100])));

        CollectionAssert.AreEqual(new long[] { 1, 3 }, shape);
        CollectionAssert.AreEqual(new float[] { 1, 2, 103 }, values);
    }

    [TestMethod]
    [DataRow("add", 7f)]
    [DataRow("sub", 3f)]
    [DataRow("mul", 10f)]
    [DataRow("div", 2.5f)]
    public void Arithmetic_FiveAndTwo_GivesTheResult(string operation, float expected)
    {
        (float[] values, _) = Apply([5], [1, 1], (graph, x) =>
        {
            GraphTensor two = graph.Constant("two", new TensorShape(), [2]);
            return operation switch
            {
                "add" => graph.Node("y").Add(x, two),
                "sub" => graph.Node("y").Sub(x, two),
                "mul" => graph.Node("y").Mul(x, two),
                _ => graph.Node("y").Div(x, two),
            };
        });

        Assert.AreEqual(expected, values[0]);
    }

    [TestMethod]
    public void LogSoftmax_LargeLogits_IsTheLogarithmOfSoftmaxWithoutOverflow()
    {
        float[] logits = [1000, 1001, 1002];

        (float[] logarithms, _) = Apply(logits, [1, 3], (graph, x) => graph.Node("y").LogSoftmax(x));
        (float[] viaSoftmax, _) = Apply(logits, [1, 3], (graph, x) => graph.Node("y").Log(graph.Node("softmax").Softmax(x)));

        for (int i = 0; i < logits.Length; i++)
            Assert.AreEqual(viaSoftmax[i], logarithms[i], Tolerance);
        Assert.AreEqual(-0.4076059f, logarithms[2], Tolerance);
    }

    [TestMethod]
    public void Relu_BothSigns_CutsOffTheNegative()
    {
        (float[] values, _) = Apply([-1, 0, 2], [1, 3], (graph, x) => graph.Node("y").Relu(x));

        CollectionAssert.AreEqual(new float[] { 0, 0, 2 }, values);
    }

    private static (float[] Values, long[] Shape) Apply(float[] input, long[] shape, Func<GraphBuilder, GraphTensor, GraphTensor> operation)
    {
        var graph = new GraphBuilder("test");
        Dimension[] inner = [.. shape[1..].Select(size => (Dimension)size)];
        GraphTensor x = graph.Input("x", new TensorShape(["N", .. inner]));
        GraphTensor y = operation(graph, x);
        graph.Output(y);
        (float[] values, long[] actual) = NetworkRun.Run(OnnxModel.Write(graph.Build()), y.Name, ("x", input, shape));
        CollectionAssert.AreEqual(
            actual[1..].ToArray(), y.Shape.Dimensions.Skip(1).Select(dimension => dimension.Size).ToArray(), "the inferred shape is the real one");
        return (values, actual);
    }
}
