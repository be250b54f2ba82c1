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

    /// <summary>Batches that the writer has given back.</summary>
    private readonly StageQueue<ScoringBatch> _free;

    /// <summary>Images whose files are to be read, which waits for disks and networks.</summary>
    private readonly StageQueue<Slot> _toRead;

    /// <summary>Files in memory, whose pixels are to be had.</summary>
    private readonly StageQueue<FileSlot> _toDecode;

    /// <summary>Batches of which every image is settled.</summary>
    private readonly StageQueue<ScoringBatch> _toRun;

    /// <summary>Batches with scores, in the order in which they were finished.</summary>
    private readonly StageQueue<ScoringBatch> _toWrite;
    private readonly StageMeter[] _meters;
    private readonly Gen0Trimmer _garbage = new();

    /// <summary>What failed first; what stops after it is no failure of its own.</summary>
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

    /// <summary>Starts the threads of a stage; the last one to end closes the queue behind it.</summary>
    /// <param name="meter">Measures the stage, and knows how many threads it has.</param>
    /// <param name="work">What each thread does until its queue is empty and closed.</param>
    /// <param name="complete">Closes the queue behind.</param>
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

    /// <summary>Does the work of one thread; a failure stops all stages.</summary>
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

    /// <summary>
    /// Waits for the stages, and throws what failed first. The first stage's own failure is the cause; the others only saw the stop that
    /// followed it.
    /// </summary>
    private void WaitForAll(Task[] tasks)
    {
        Task all = Task.WhenAll(tasks);
        all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        if (_failure is not null) ExceptionDispatchInfo.Throw(_failure);
        all.GetAwaiter().GetResult();
    }

    /// <summary>Fills batches in the order of the images; each is sent on when it is full, the last one as it is.</summary>
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

    /// <summary>Sends the images of a batch to be read, one by one: readers share the work image by image.</summary>
    private void Send(ref ScoringBatch? batch, StageMeter meter)
    {
        (ScoringBatch full, batch) = (batch!, null);
        int count = full.Count;
        for (int slot = 0; slot < count; slot++) _toRead.Add(new Slot(full, slot), meter);
    }

    /// <summary>Reads files; one that cannot be read is settled with its reason and takes no part in the rest.</summary>
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

    /// <summary>Decodes files into the places that their batches have for them.</summary>
    private void Decode(StageMeter meter)
    {
        while (_toDecode.TryTake(meter, out FileSlot file))
        {
            Settle(file.Slot, Decode(file), meter);
            _garbage.CountPrediction();
        }
    }

    /// <summary>Decodes one file; null, or why it cannot be.</summary>
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

    /// <summary>Notes that nothing more happens to an image; the last one of a batch sends it to the network.</summary>
    private void Settle(Slot slot, ImageDecodeException? error, StageMeter meter)
    {
        if (slot.Batch.IsLastToSettle(slot.Index, error)) _toRun.Add(slot.Batch, meter);
    }

    /// <summary>Runs the network over the images of a batch that could be decoded; a batch of none goes on as it is.</summary>
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

    /// <summary>
    /// How many images the network is given, those that pad the batch included. On a GPU always the same shape: another one may choose
    /// other kernels, which round otherwise.
    /// </summary>
    private int RunSize(ScoringBatch batch) =>
        _engine.Network.Options.Device.Kind == DeviceKind.Cuda ? _sizes.BatchSize : batch.RunCount;

    /// <summary>Brings batches back into their order and hands them to the caller, and each of them to the lister again.</summary>
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

    /// <summary>An image's place in a batch.</summary>
    /// <param name="Batch">The batch.</param>
    /// <param name="Index">The slot, from 0.</param>
    private readonly record struct Slot(ScoringBatch Batch, int Index)
    {
        public ListedImage Image => Batch[Index].Image;
    }

    /// <summary>The bytes of an image beside its place.</summary>
    /// <param name="Slot">Its place.</param>
    /// <param name="Content">Its bytes; whoever takes the slot disposes them.</param>
    private readonly record struct FileSlot(Slot Slot, ImageContent Content);
}
