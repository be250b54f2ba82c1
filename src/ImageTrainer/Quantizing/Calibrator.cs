using System.Collections.Immutable;

namespace ImageTrainer.Quantizing;

/// <summary>Runs a network in fp32 and counts what values its activations take.</summary>
internal static class Calibrator
{
    /// <summary>Counts over some images, on several threads; the counts do not depend on how many.</summary>
    /// <param name="network">The network.</param>
    /// <param name="images">Each [3, H, W], RGB, 0..255.</param>
    /// <param name="threadCount">1 or more.</param>
    /// <param name="cancellationToken">Looked at between images.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <returns>One histogram for each of the network's tensors, in that order.</returns>
    public static ImmutableArray<ActivationHistogram> Observe(
        ObservedNetwork network, IReadOnlyList<float[]> images, int threadCount, CancellationToken cancellationToken)
    {
        int workerCount = Math.Min(threadCount, images.Count);
        var histograms = new ActivationHistogram[workerCount][];
        int next = -1;
        var options = new ParallelOptions { MaxDegreeOfParallelism = workerCount, CancellationToken = cancellationToken };
        Parallel.For(0, workerCount, options, worker =>
        {
            histograms[worker] = [.. network.Tensors.Select(_ => new ActivationHistogram())];
            for (int index; (index = Interlocked.Increment(ref next)) < images.Count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                network.Run(images[index], (tensor, values, plane) => histograms[worker][tensor].Add(values, plane));
            }
        });
        foreach (ActivationHistogram[] others in histograms.Skip(1))
        {
            for (int tensor = 0; tensor < others.Length; tensor++)
                histograms[0][tensor].Add(others[tensor]);
        }

        return [.. histograms[0]];
    }
}
