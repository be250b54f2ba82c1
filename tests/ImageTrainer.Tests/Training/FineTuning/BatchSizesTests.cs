using ImageTrainer.Graphs.Gradients;
using ImageTrainer.Onnx;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Tests.Training.FineTuning;

[TestClass]
public sealed class BatchSizesTests
{
    [TestMethod]
    [DataRow(1.01, 16)]
    [DataRow(0.99, 8)]
    public void Choose_RoomForAStepOfSixteen_CountsTheWeightsOnce(double share, int expected)
    {
        var setting = new TuningSetting(
            TinyModel.Backbone, TinyModel.Backbone, new FineTuningOptions(), Seed: 1, ClassWeights.None, ComputeDevice.Cpu, ThreadCount: 1, Cache: null, StartTime: 0);
        var cut = NetworkCut.At(setting, TinyModel.Head);
        TrainingGraph step = TrainingGraph.Derive(cut.Trained, TuningSteps.GraphOptions(setting, batchSize: 16));
        HashSet<string> constants = [.. step.Graph.Initializers.Select(constant => constant.Name)];
        double byteCount = step.Graph.Tensors.Values
            .Where(tensor => !constants.Contains(tensor.Name)).Sum(tensor => 4.0 * tensor.Shape.ElementCount!.Value);

        // 0.6 of it is alive at a time, and half of the memory is to hold that.
        int size = BatchSizes.Choose(cut, setting, (long)(share * 0.6 * byteCount / 0.5));

        Assert.AreEqual(expected, size);
    }

    [TestMethod]
    public void BatchesAhead_BatchOfMoreThanTwoGigabytes_IsOne() => Assert.AreEqual(1, TuningSteps.BatchesAhead(50_000, 12_288));
}
