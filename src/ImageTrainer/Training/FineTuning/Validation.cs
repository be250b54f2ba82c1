using ImageTrainer.Evaluation;
using ImageTrainer.Graphs;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Training.FineTuning;

/// <summary>How good weights are on images they were not trained on.</summary>
/// <param name="Loss">Mean log-loss at the best temperature, in nats: that of the probabilities that will be served. Images count by their class weights.</param>
/// <param name="Accuracy">Share that is right, 0 to 1.</param>
/// <param name="Temperature">The best temperature.</param>
internal readonly record struct ValidationScore(double Loss, double Accuracy, double Temperature)
{
    /// <summary>What is known where there is no image to measure on.</summary>
    public static ValidationScore None { get; } = new(double.NaN, double.NaN, 1);
}

/// <summary>Measures weights on the validation images.</summary>
/// <param name="source">The images.</param>
/// <param name="classes">Their classes.</param>
/// <param name="setting">Where it runs.</param>
internal sealed class Validation(ActivationSource source, IReadOnlyList<int> classes, TuningSetting setting)
{
    private const int BatchSize = 16;

    /// <summary>Number of images.</summary>
    public int Count => classes.Count;

    /// <summary>Runs every image through the trained part.</summary>
    /// <param name="trained">Activations to logits.</param>
    /// <param name="cancellationToken">Cancels between batches.</param>
    /// <exception cref="ImageDecodeException">None can be read any more; those that cannot do not count.</exception>
    public ValidationScore Measure(Graph trained, CancellationToken cancellationToken)
    {
        using var part = new TrainedPart(trained, setting);
        float[] activations = new float[BatchSize * source.ActivationLength];
        var logits = new List<float>();
        var readable = new List<int>();
        foreach (int[] rows in Enumerable.Range(0, classes.Count).Chunk(BatchSize))
        {
            bool[] isLoaded = source.Load(0, rows, activations, cancellationToken);
            float[] all = part.Run(activations, rows.Length)[0];
            int classCount = all.Length / rows.Length;
            for (int i = 0; i < rows.Length; i++)
            {
                if (!isLoaded[i]) continue;
                logits.AddRange(all.AsSpan(i * classCount, classCount));
                readable.Add(classes[rows[i]]);
            }
        }

        if (readable.Count == 0) throw source.NothingReadable();
        return Score([.. logits], [.. readable]);
    }

    private ValidationScore Score(float[] logits, int[] classes)
    {
        int classCount = logits.Length / classes.Length;
        if (logits.AsSpan().ContainsAnyExceptInRange(float.MinValue, float.MaxValue)) return new ValidationScore(double.NaN, 0, 1);
        float[] weights = RowWeights.Of(classes, classCount, setting.ClassWeights);
        double temperature = TemperatureScaling.Fit(logits, classes, classCount, weights);
        int rightCount = 0;
        for (int i = 0; i < classes.Length; i++)
        {
            ReadOnlySpan<float> row = logits.AsSpan(i * classCount, classCount);
            if (row[classes[i]] == row[System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row)]) rightCount++;
        }

        double loss = TemperatureScaling.LogLoss(logits, classes, classCount, temperature, weights);
        return new ValidationScore(loss, (double)rightCount / classes.Length, temperature);
    }
}

/// <summary>The trained part of a network in use: activations to logits, by the graph that will serve. Not safe for concurrent use.</summary>
internal sealed class TrainedPart : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly GraphTensor _input;
    private readonly string[] _outputs;

    /// <summary>Loads the part.</summary>
    public TrainedPart(Graph graph, TuningSetting setting)
    {
        using SessionOptions options = OnnxNetwork.CreateSessionOptions(
            new OnnxNetworkOptions { Device = setting.Device, ThreadCount = setting.ThreadCount });
        _session = OnnxModel.ToContent(graph).Load(options);
        (_input, _outputs) = (graph.Inputs.Single(), [.. graph.Outputs.Select(output => output.Name)]);
    }

    /// <summary>Runs it over a batch.</summary>
    /// <param name="activations">[N, length]; may be longer.</param>
    /// <param name="count">N.</param>
    /// <returns>The graph's outputs, row-major.</returns>
    public float[][] Run(float[] activations, int count)
    {
        long[] shape = [count, .. _input.Shape.Dimensions.Skip(1).Select(dimension => dimension.Size)];
        int length = (int)shape.Aggregate((product, size) => product * size);
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, activations.AsMemory(0, length), shape);
        using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_runOptions, [_input.Name], [input], _outputs);
        return [.. results.Select(result => result.GetTensorDataAsSpan<float>().ToArray())];
    }

    /// <summary>Frees the session.</summary>
    public void Dispose()
    {
        _runOptions.Dispose();
        _session.Dispose();
    }
}
