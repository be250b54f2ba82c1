using ImageTrainer.Onnx;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>How many threads and batches a job has. Together they bound its memory, whatever the number of images.</summary>
/// <param name="BatchSize">Images a run of the network.</param>
/// <param name="ReaderCount">Threads that read files: more than cores, because they mostly wait for the disk or the network share.</param>
/// <param name="DecoderCount">Threads that decode.</param>
/// <param name="RunnerCount">Threads that run the network, each on its own.</param>
/// <param name="BatchCount">Batches that exist.</param>
internal sealed record PipelineSizes(int BatchSize, int ReaderCount, int DecoderCount, int RunnerCount, int BatchCount)
{
    private const int LeastReaders = 4;

    /// <summary>What suits an engine.</summary>
    /// <param name="network">The network, with one thread a run where it is on the CPU.</param>
    /// <param name="coreCount">Cores to use.</param>
    /// <param name="batchSize">Images a run, or null for what suits the device.</param>
    public static PipelineSizes For(OnnxNetwork network, int coreCount, int? batchSize)
    {
        bool isCuda = network.Options.Device.Kind == DeviceKind.Cuda;
        int size = batchSize ?? ImageBatchRunner.BatchSizeFor(network);
        int runners = isCuda ? 1 : coreCount;
        // What is decoded, run and waiting to be, and what waits for the slowest image before it.
        int batches = (3 * runners) + 2 + Math.Max(2, (LeastReaders + (2 * coreCount)) / size);
        return new PipelineSizes(size, Math.Max(LeastReaders, coreCount), coreCount, runners, batches);
    }
}
