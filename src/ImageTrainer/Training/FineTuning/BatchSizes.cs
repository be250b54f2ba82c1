using ImageTrainer.Graphs.Gradients;

namespace ImageTrainer.Training.FineTuning;

/// <summary>Chooses how many images a step has.</summary>
internal static class BatchSizes
{
    private const int Default = 16;

    // Tensors of a step that are alive at the same time, over all of them together: measured on ResNet-18 and 50, rounded up.
    private const double AliveFraction = 0.6;

    // The rest is for the state, the frozen part and whatever else runs.
    private const double UsableFraction = 0.5;

    /// <summary>The size asked for, or the largest power of two up to 16 whose step fits into memory; never more than there are images.</summary>
    /// <param name="cut">The network.</param>
    /// <param name="imageCount">Training images.</param>
    /// <param name="setting">The size asked for, and how it is trained.</param>
    public static int Choose(NetworkCut cut, int imageCount, TuningSetting setting)
    {
        if (setting.Options.BatchSize is { } asked) return Math.Min(asked, imageCount);
        double room = UsableFraction * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        double each = AliveFraction * BytesPerImage(cut, setting);
        int size = Default;
        while (size > 1 && size * each > room) size /= 2;
        return Math.Min(size, imageCount);
    }

    private static double BytesPerImage(NetworkCut cut, TuningSetting setting)
    {
        TrainingGraph one = TrainingGraph.Derive(cut.Trained, TuningSteps.GraphOptions(setting, batchSize: 1));
        HashSet<string> constants = [.. one.Graph.Initializers.Select(initializer => initializer.Name)];
        return one.Graph.Tensors.Values
            .Where(tensor => !constants.Contains(tensor.Name))
            .Sum(tensor => sizeof(float) * (double)tensor.Shape.ElementCount!.Value);
    }
}
