using ImageTrainer.Graphs.Gradients;

namespace ImageTrainer.Training.FineTuning;

/// <summary>Chooses how many images a step has.</summary>
internal static class BatchSizes
{
    private const int Default = 16;

    // Tensors of a step that are alive at the same time, over all of them together: measured on ResNet-18 and 50, rounded up.
    private const double AliveFraction = 0.6;

    // The rest is for the frozen part and whatever else runs.
    private const double UsableFraction = 0.5;

    /// <summary>The size asked for, or the largest power of two up to 16 whose step fits into memory.</summary>
    /// <param name="cut">The network.</param>
    /// <param name="setting">The size asked for, and how it is trained.</param>
    /// <param name="availableByteCount">Memory that the process may have.</param>
    public static int Choose(NetworkCut cut, TuningSetting setting, long availableByteCount)
    {
        if (setting.Options.BatchSize is { } asked) return asked;
        double room = UsableFraction * availableByteCount;
        // Weights, their gradients and moments are there once, however many images there are.
        double one = ByteCount(cut, setting, batchSize: 1);
        double perImage = ByteCount(cut, setting, batchSize: 2) - one;
        int size = Default;
        while (size > 1 && AliveFraction * (one + ((size - 1) * perImage)) > room) size /= 2;
        return size;
    }

    private static double ByteCount(NetworkCut cut, TuningSetting setting, int batchSize)
    {
        TrainingGraph step = TrainingGraph.Derive(cut.Trained, TuningSteps.GraphOptions(setting, batchSize));
        HashSet<string> constants = [.. step.Graph.Initializers.Select(initializer => initializer.Name)];
        return step.Graph.Tensors.Values
            .Where(tensor => !constants.Contains(tensor.Name))
            .Sum(tensor => sizeof(float) * (double)tensor.Shape.ElementCount!.Value);
    }
}
