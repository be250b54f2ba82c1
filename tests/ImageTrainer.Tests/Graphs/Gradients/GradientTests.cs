using ImageTrainer.Graphs;

namespace ImageTrainer.Tests.Graphs.Gradients;

[TestClass]
public sealed class GradientTests
{
    [TestMethod]
    [DataRow(1, 1, 0, false)]
    [DataRow(1, 2, 0, false)]
    [DataRow(3, 1, 0, false)]
    [DataRow(3, 1, 1, false)]
    [DataRow(3, 2, 1, false)]
    [DataRow(3, 2, 0, false)]
    [DataRow(7, 2, 3, false)]
    [DataRow(7, 1, 3, false)]
    [DataRow(1, 1, 0, true)]
    [DataRow(1, 2, 0, true)]
    [DataRow(3, 1, 1, true)]
    [DataRow(3, 2, 1, true)]
    [DataRow(3, 2, 0, true)]
    [DataRow(7, 2, 3, true)]
    public void Conv_BehindAnother_AgreesWithCentralDifferences(int size, int stride, int padding, bool forCuda)
    {
        // The first kernel's gradient passes through the second's input.
        AssertAgrees(new GradientCheck
        {
            ForCuda = forCuda,
            Network = (graph, random) => graph.Classify(random, graph.Convolve(
                random, "second", graph.Convolve(random, "first", graph.Images(3, 8, 7), 4, (1, 1, 0)), 5, (size, stride, padding))),
        });
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Conv_ManyChannelsOnFewPlaces_AgreesWithCentralDifferences(bool forCuda)
    {
        // More channels than places and images: the input's gradient is folded, not convolved.
        AssertAgrees(new GradientCheck
        {
            ForCuda = forCuda,
            Network = (graph, random) => graph.Classify(random, graph.Convolve(
                random, "second", graph.Convolve(random, "first", graph.Images(2, 2, 2), 2, (1, 1, 0)), 12, (3, 1, 1))),
        });
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Relu_AfterConv_AgreesWithCentralDifferences(bool forCuda) => AssertAgrees(new GradientCheck
    {
        ForCuda = forCuda,
        Seed = 3,
        Network = (graph, random) => graph.Classify(random, graph.Node("relu").Relu(graph.Convolve(random, "conv", graph.Images(3, 4, 4), 4, (3, 1, 1)))),
    });

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Add_TensorThatThreeNodesTake_GetsTheSumOfTheirGradients(bool forCuda) => AssertAgrees(new GradientCheck
    {
        ForCuda = forCuda,
        Network = (graph, random) =>
        {
            GraphTensor x = graph.Convolve(random, "first", graph.Images(3, 4, 4), 4, (1, 1, 0));
            GraphTensor inner = graph.Node("inner").Add(graph.Convolve(random, "second", x, 4, (3, 1, 1)), x);
            return graph.Classify(random, graph.Node("outer").Add(inner, graph.Convolve(random, "third", x, 4, (1, 1, 0))));
        },
    });

    [TestMethod]
    [DataRow(3, 2, 1, false)]
    [DataRow(2, 2, 0, false)]
    [DataRow(3, 1, 1, false)]
    [DataRow(3, 2, 1, true)]
    [DataRow(2, 2, 0, true)]
    public void MaxPool_AfterConv_AgreesWithCentralDifferences(int size, int stride, int padding, bool forCuda) => AssertAgrees(new GradientCheck
    {
        ForCuda = forCuda,
        Network = (graph, random) => graph.Classify(random, graph.Node("maxpool").MaxPool(graph.Convolve(random, "conv", graph.Images(2, 6, 5), 3, (3, 1, 1)), new SlidingWindow(size, stride, padding))),
    });

    [TestMethod]
    [DataRow(true, false)]
    [DataRow(false, false)]
    [DataRow(true, true)]
    [DataRow(false, true)]
    public void BatchNormalization_BetweenConvolutions_AgreesWithCentralDifferences(bool usesBatchStatistics, bool forCuda)
    {
        AssertAgrees(new GradientCheck
        {
            ForCuda = forCuda,
            UsesBatchStatistics = usesBatchStatistics,
            Network = (graph, random) =>
            {
                GraphTensor x = graph.Convolve(random, "first", graph.Images(3, 4, 4), 4, (3, 1, 1), hasBias: false);
                return graph.Classify(random, graph.Convolve(random, "second", graph.Normalize(random, "norm", x), 4, (3, 2, 1)));
            },
        });
    }

    [TestMethod]
    [DataRow(0.0, false)]
    [DataRow(0.1, false)]
    [DataRow(0.1, true)]
    public void Dropout_BeforeAHeadWithSmoothedSoftTargets_AgreesWithCentralDifferences(double smoothing, bool forCuda)
    {
        AssertAgrees(new GradientCheck
        {
            ForCuda = forCuda,
            Smoothing = smoothing,
            Network = (graph, random) => graph.Classify(random, graph.Convolve(random, "conv", graph.Images(3, 4, 4), 6, (3, 1, 1)), dropout: true),
        });
    }

    private static void AssertAgrees(GradientCheck check)
    {
        foreach ((string parameter, double error) in check.Errors())
            Assert.IsLessThan(GradientCheck.Tolerance, error, parameter);
    }
}
