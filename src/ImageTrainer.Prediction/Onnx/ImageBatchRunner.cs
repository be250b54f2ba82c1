using System.Runtime.ExceptionServices;

namespace ImageTrainer.Onnx;

/// <summary>
/// Runs a network over many images on every core. Each worker decodes its own batch and then runs it, so that while one decodes the
/// others compute: on the CPU with one thread a run there is no barrier to wait at, on a GPU decoding hides behind the one run at a time.
/// </summary>
internal sealed class ImageBatchRunner : IDisposable
{
    private const int CudaBatchSize = 32;
    private readonly OnnxNetwork _network;
    private readonly string _output;
    private readonly int _rowLength;
    private readonly SemaphoreSlim _runSlots;

    /// <summary>Prepares to read one output of a network, which stays the caller's to dispose.</summary>
    /// <param name="network">The network.</param>
    /// <param name="output">Name of the output wanted.</param>
    /// <param name="workerCount">Number of threads that decode and run, 1 or more.</param>
    /// <param name="batchSize">Images a run, 1 or more; null for what suits the device.</param>
    public ImageBatchRunner(OnnxNetwork network, string output, int workerCount, int? batchSize = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(workerCount, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize ?? 1, 1, nameof(batchSize));
        _network = network;
        _output = output;
        _rowLength = network.FindRowLength(output) ?? throw new ArgumentException($"The network has no output '{output}'.", nameof(output));
        WorkerCount = workerCount;
        BatchSize = batchSize ?? BatchSizeFor(network);
        _runSlots = new SemaphoreSlim(network.Options.Device.Kind == DeviceKind.Cuda ? 1 : workerCount);
    }

    /// <summary>Images a run on the CPU: see docs/performance.md for how it was chosen.</summary>
    public const int CpuBatchSize = 4;

    /// <summary>Images a run that suit a network's device.</summary>
    public static int BatchSizeFor(OnnxNetwork network) =>
        network.Options.Device.Kind == DeviceKind.Cuda ? CudaBatchSize : CpuBatchSize;

    /// <summary>Puts an image's pixels, [3, H, W], into the span; false where the image is not to be run (cached, unreadable).</summary>
    public delegate bool FillPixels(int index, Span<float> pixels);

    /// <summary>Takes the output row of one image; called from any worker, once an image.</summary>
    public delegate void TakeRow(int index, ReadOnlySpan<float> row);

    /// <summary>Number of threads that decode and run.</summary>
    public int WorkerCount { get; }

    /// <summary>Images a run.</summary>
    public int BatchSize { get; }

    /// <summary>Works through the images 0 to <paramref name="count"/> - 1, in order of index as far as several workers have one.</summary>
    /// <param name="count">Number of images.</param>
    /// <param name="fill">Called from any worker, once an image; what it throws ends the run and is thrown here.</param>
    /// <param name="take">Called for every image that was filled.</param>
    /// <param name="cancellationToken">Cancels between images; what a worker has decoded and not yet run is dropped.</param>
    /// <exception cref="OperationCanceledException">Cancelled; rows handed out until then stand.</exception>
    public void Run(int count, FillPixels fill, TakeRow take, CancellationToken cancellationToken)
    {
        int next = -1;
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int workers = Math.Min(WorkerCount, Math.Max(1, (count + BatchSize - 1) / BatchSize));
        Task[] tasks = Enumerable.Range(0, workers)
            .Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        WaitForAll(tasks, cancellationToken);

        void Work()
        {
            var batch = new Batch(BatchSize, _network.PixelLength, _rowLength);
            try
            {
                for (int index; (index = Interlocked.Increment(ref next)) < count;)
                {
                    failed.Token.ThrowIfCancellationRequested();
                    if (fill(index, batch.NextPixels)) batch.Add(index);
                    if (batch.IsFull) Flush(batch, take);
                }

                Flush(batch, take);
            }
            catch
            {
                failed.Cancel();
                throw;
            }
        }
    }

    /// <summary>Frees what guards the device; the network stays.</summary>
    public void Dispose() => _runSlots.Dispose();

    private void Flush(Batch batch, TakeRow take)
    {
        if (batch.Count == 0) return;
        _runSlots.Wait();
        try
        {
            _network.Run(batch.Pixels, batch.Count, _output, batch.Rows);
        }
        finally
        {
            _runSlots.Release();
        }

        batch.HandOut(take);
    }

    /// <summary>The first worker's own failure is the cause; the others only saw the cancellation that followed it.</summary>
    private static void WaitForAll(Task[] tasks, CancellationToken cancellationToken)
    {
        try
        {
            Task.WaitAll(tasks, CancellationToken.None);
        }
        catch (AggregateException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Exception? cause = exception.InnerExceptions.FirstOrDefault(inner => inner is not OperationCanceledException);
            ExceptionDispatchInfo.Throw(cause ?? exception.InnerExceptions[0]);
        }
    }

    private sealed class Batch(int size, int pixelLength, int rowLength)
    {
        private readonly int[] _indices = new int[size];

        public float[] Pixels { get; } = new float[size * pixelLength];

        public float[] Rows { get; } = new float[size * rowLength];

        public int Count { get; private set; }

        public bool IsFull => Count == _indices.Length;

        public Span<float> NextPixels => Pixels.AsSpan(Count * pixelLength, pixelLength);

        public void Add(int index) => _indices[Count++] = index;

        public void HandOut(TakeRow take)
        {
            for (int i = 0; i < Count; i++)
                take(_indices[i], Rows.AsSpan(i * rowLength, rowLength));
            Count = 0;
        }
    }
}
