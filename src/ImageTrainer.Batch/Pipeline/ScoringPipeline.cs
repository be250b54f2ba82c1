using System.Runtime.ExceptionServices;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Batch.Pipeline;

/// <summary>
/// list -> read -> decode -> network -> write: each stage on threads of its own, bounded queues between them. A fixed number of batches
/// goes round; the lister waits for one that the writer has given back, which holds up the whole line without a limit anywhere else.
/// Used once.
/// </summary>
internal sealed class ScoringPipeline : IDisposable
{
    private readonly ImagePredictionEngine _engine;
    private readonly PipelineSizes _sizes;
    private readonly CancellationTokenSource _stop;
    private readonly StageQueue<ScoringBatch> _free;
    private readonly StageQueue<Slot> _toRead;
    private readonly StageQueue<FileSlot> _toDecode;
    private readonly StageQueue<ScoringBatch> _toRun;
    private readonly StageQueue<ScoringBatch> _toWrite;
    private readonly StageMeter[] _meters;
    private readonly Gen0Trimmer _garbage = new();
    private Exception? _failure;

    /// <summary>Makes the batches and queues.</summary>
    /// <param name="engine">The engine, which stays the caller's to dispose.</param>
    /// <param name="sizes">Threads and batches.</param>
    /// <param name="includeFeatures">Whether rows have features.</param>
    /// <param name="clock">Measures the stages.</param>
    /// <param name="cancellationToken">Stops every stage.</param>
    public ScoringPipeline(
        ImagePredictionEngine engine, PipelineSizes sizes, bool includeFeatures, TimeProvider clock, CancellationToken cancellationToken)
    {
        (_engine, _sizes) = (engine, sizes);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        FeatureCount = includeFeatures ? engine.Network.FindRowLength(FeaturesName) ?? 0 : 0;
        _free = new StageQueue<ScoringBatch>(sizes.BatchCount, _stop.Token);
        _toRead = new StageQueue<Slot>(2 * sizes.ReaderCount, _stop.Token);
        // Whole files wait here, which may be large.
        _toDecode = new StageQueue<FileSlot>(sizes.DecoderCount, _stop.Token);
        _toRun = new StageQueue<ScoringBatch>(sizes.BatchCount, _stop.Token);
        _toWrite = new StageQueue<ScoringBatch>(sizes.BatchCount, _stop.Token);
        _meters = [new("list", 1, clock), new("read", sizes.ReaderCount, clock), new("decode", sizes.DecoderCount, clock),
            new("network", sizes.RunnerCount, clock), new("write", 1, clock)];
        for (int i = 0; i < sizes.BatchCount; i++)
            _free.Add(new ScoringBatch(sizes.BatchSize, engine.Network.PixelLength, engine.Labels, FeatureCount), meter: null);
    }

    /// <summary>Name of the network's output of features, [N, D].</summary>
    public const string FeaturesName = "Features";

    /// <summary>D, or 0 where features are not wanted.</summary>
    public int FeatureCount { get; }

    /// <summary>How the stages spent their time.</summary>
    public IReadOnlyList<StageTime> StageTimes => [.. _meters.Select(meter => meter.Time)];

    /// <summary>Scores images.</summary>
    /// <param name="images">The images, listed on a thread of their own.</param>
    /// <param name="write">Takes every batch in the order of the images, on the caller's thread.</param>
    /// <param name="rest">
    /// Called there whenever no batch is to be had; gives the longest time to wait for one until it is called again.
    /// </param>
    /// <exception cref="OperationCanceledException">Cancelled; batches written until then are whole.</exception>
    public void Run(IEnumerable<PlacedImage> images, Action<ScoringBatch> write, Func<TimeSpan> rest)
    {
        List<Task> sources =
            [.. Start(_meters[0], meter => List(images, meter), _toRead.Complete), .. Start(_meters[1], Read, _toDecode.Complete)];
        List<Task> stages = [.. Start(_meters[2], Decode, _toRun.Complete), .. Start(_meters[3], RunNetwork, _toWrite.Complete)];
        var writer = new Task(() => Work(_meters[4], meter => Write(write, rest, meter)));
        writer.RunSynchronously();
        // After a stop lister and readers are left behind: a stream may give nothing more, and a network share no answer.
        WaitForAll(_stop.IsCancellationRequested ? [.. stages, writer] : [.. sources, .. stages, writer]);
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    private IEnumerable<Task> Start(StageMeter meter, Action<StageMeter> work, Action complete)
    {
        int runningCount = meter.ThreadCount;
        return Enumerable.Range(0, meter.ThreadCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                Work(meter, work);
                if (Interlocked.Decrement(ref runningCount) == 0) complete();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
    }

    private void Work(StageMeter meter, Action<StageMeter> work)
    {
        try
        {
            meter.MeasureAll(() => work(meter));
        }
        catch (Exception exception)
        {
            if (exception is not OperationCanceledException) Interlocked.CompareExchange(ref _failure, exception, null);
            _stop.Cancel();
            throw;
        }
    }

    // The first stage's own failure is the cause; the others only saw the stop that followed it.
    private void WaitForAll(Task[] tasks)
    {
        Task all = Task.WhenAll(tasks);
        all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        all.GetAwaiter().GetResult();
    }

    private void List(IEnumerable<PlacedImage> images, StageMeter meter)
    {
        ScoringBatch? batch = null;
        long sequence = 0;
        foreach (PlacedImage image in images)
        {
            if (batch is null)
            {
                if (!_free.TryTake(meter, out batch)) return;
                batch.Start(sequence++);
            }

            batch.Add(image);
            if (batch.IsFull) Send(ref batch, meter);
        }

        if (batch is not null) Send(ref batch, meter);
    }

    private void Send(ref ScoringBatch? batch, StageMeter meter)
    {
        (ScoringBatch full, batch) = (batch!, null);
        int count = full.Count;
        for (int slot = 0; slot < count; slot++) _toRead.Add(new Slot(full, slot), meter);
    }

    private void Read(StageMeter meter)
    {
        while (_toRead.TryTake(meter, out Slot slot))
        {
            ListedImage image = slot.Image;
            ImageDecodeException? error = image.Error;
            if (error is null)
            {
                try
                {
                    _toDecode.Add(new FileSlot(slot, ImageContent.FromFile(image.File)), meter);
                    continue;
                }
                catch (ImageDecodeException exception)
                {
                    error = exception;
                }
            }

            Settle(slot, error, meter);
        }
    }

    private void Decode(StageMeter meter)
    {
        while (_toDecode.TryTake(meter, out FileSlot file))
        {
            Settle(file.Slot, Decode(file), meter);
            _garbage.CountPrediction();
        }
    }

    private ImageDecodeException? Decode(FileSlot file)
    {
        using ImageContent content = file.Content;
        try
        {
            ScoringBatch batch = file.Slot.Batch;
            _engine.Reader.ReadPixels(
                content.Bytes, _engine.Manifest.Preprocessing, batch.PixelsOf(file.Slot.Index), file.Slot.Image.File);
            return null;
        }
        catch (ImageDecodeException exception)
        {
            return exception;
        }
    }

    private void Settle(Slot slot, ImageDecodeException? error, StageMeter meter)
    {
        if (slot.Batch.IsLastToSettle(slot.Index, error)) _toRun.Add(slot.Batch, meter);
    }

    private void RunNetwork(StageMeter meter)
    {
        while (_toRun.TryTake(meter, out ScoringBatch? batch))
        {
            batch.Close();
            NetworkOutput scores = new(ImagePredictionEngine.ScoreName, batch.Scores);
            NetworkOutput[] outputs = FeatureCount > 0 ? [scores, new(FeaturesName, batch.Features)] : [scores];
            if (batch.RunCount > 0) _engine.Network.Run(batch.Pixels, RunSize(batch), outputs);
            _toWrite.Add(batch, meter);
        }
    }

    // On a GPU always the same shape: another one may choose other kernels, which round otherwise.
    private int RunSize(ScoringBatch batch) =>
        _engine.Network.Options.Device.Kind == DeviceKind.Cuda ? _sizes.BatchSize : batch.RunCount;

    private void Write(Action<ScoringBatch> write, Func<TimeSpan> rest, StageMeter meter)
    {
        var early = new Dictionary<long, ScoringBatch>();
        long next = 0;
        while (_toWrite.TryTake(meter, out ScoringBatch? finished, rest))
        {
            early.Add(finished.Sequence, finished);
            while (early.Remove(next, out ScoringBatch? batch))
            {
                write(batch);
                next++;
                _free.Add(batch, meter);
            }
        }
    }

    private readonly record struct Slot(ScoringBatch Batch, int Index)
    {
        public ListedImage Image => Batch[Index].Image;
    }

    private readonly record struct FileSlot(Slot Slot, ImageContent Content);
}
