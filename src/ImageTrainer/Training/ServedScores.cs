using ImageTrainer.Featurizing;
using ImageTrainer.Graphs;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Training;

/// <summary>
/// Scores from features by the very nodes, runtime and batches that the saved network ends in: what a model is measured by is what it
/// will predict, to the last bit.
/// </summary>
internal static class ServedScores
{
    private const int BatchSize = ImageBatchRunner.CpuBatchSize;

    /// <summary>softmax((features * weights^T + biases) / temperature).</summary>
    /// <param name="head">The head.</param>
    /// <param name="temperature">Greater than 0.</param>
    /// <param name="features">[N, D].</param>
    /// <returns>[N, K], row-major.</returns>
    public static float[] Compute(LinearLayer head, float temperature, FeatureMatrix features)
    {
        var graph = new GraphBuilder("head");
        head.AddScoresTo(graph, graph.Input(TensorNames.Features, new TensorShape("N", features.ColumnCount)), temperature);
        using SessionOptions options = OnnxNetwork.CreateSessionOptions(new OnnxNetworkOptions { ThreadCount = 1 });
        using var session = OnnxModel.ToContent(graph.Build()).Load(options);
        using var runOptions = new RunOptions();
        float[] scores = new float[features.RowCount * head.ClassCount], batch = new float[BatchSize * features.ColumnCount];
        for (int start = 0; start < features.RowCount; start += BatchSize)
        {
            int count = Math.Min(BatchSize, features.RowCount - start);
            features.Values.Slice(start * features.ColumnCount, count * features.ColumnCount).CopyTo(batch);
            using OrtValue input = Wrap(batch, 0, count, features.ColumnCount);
            using OrtValue output = Wrap(scores, start, count, head.ClassCount);
            session.Run(runOptions, [TensorNames.Features], [input], [TensorNames.Score], [output]);
        }

        return scores;
    }

    private static OrtValue Wrap(float[] values, int firstRow, int rowCount, int columnCount) => OrtValue.CreateTensorValueFromMemory(
        OrtMemoryInfo.DefaultInstance, values.AsMemory(firstRow * columnCount, rowCount * columnCount), [rowCount, columnCount]);
}
