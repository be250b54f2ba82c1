using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Cli.Speed;

/// <summary>
/// One model at one batch size. At 1, one caller predicts image after image and all cores work on each; above 1, every core decodes and
/// runs batches of its own. That is what the prediction engine does for single images and for many.
/// </summary>
internal sealed class SpeedCell
{
    private readonly MeasuredModel _model;
    private readonly int _batchSize;
    private readonly IReadOnlyList<string> _pictures;
    private readonly TimeProvider _clock;
    private readonly ImageReader _reader = new();
    private readonly OnnxNetwork _network;
    private readonly SpeedWorker[] _workers;
    private double _wallSeconds;

    public SpeedCell(MeasuredModel model, int batchSize, IReadOnlyList<string> pictures, TimeProvider clock)
    {
        (_model, _batchSize, _pictures, _clock) = (model, batchSize, pictures, clock);
        _network = batchSize == 1 ? model.Single : model.Batched;
        _workers = [.. Enumerable.Range(0, batchSize == 1 ? 1 : Environment.ProcessorCount).Select(number => new SpeedWorker(number * batchSize))];
    }

    /// <summary>The cell in words.</summary>
    public string Title => $"{_model.Path}, {(_batchSize == 1 ? "one image at a time" : $"batches of {_batchSize}")}";

    /// <summary>Runs one batch a worker and forgets the times.</summary>
    public void WarmUp(CancellationToken cancellationToken)
    {
        Measure(TimeSpan.Zero, cancellationToken);
        foreach (SpeedWorker worker in _workers) worker.Forget();
        _wallSeconds = 0;
    }

    /// <summary>Measures for a while, and at least one batch a worker.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ImageDecodeException">A picture has gone since it was chosen.</exception>
    public void Measure(TimeSpan duration, CancellationToken cancellationToken)
    {
        long start = _clock.GetTimestamp();
        Task[] tasks = [.. _workers.Select(worker => Task.Factory.StartNew(
            () => Work(worker, start, duration, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WhenAll(tasks).GetAwaiter().GetResult();
        _wallSeconds += _clock.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>What has been measured: decoding, the network, and the whole.</summary>
    public IEnumerable<SpeedRow> Rows()
    {
        double[] decoding = [.. _workers.SelectMany(worker => worker.Decoding)];
        double[] running = [.. _workers.SelectMany(worker => worker.Running)];
        double[] whole = [.. _workers.SelectMany(worker => worker.Whole)];
        yield return Row("decode", decoding, _workers.Length * decoding.Length / decoding.Sum());
        yield return Row("network", running, _workers.Length * decoding.Length / running.Sum());
        yield return Row("whole", whole, decoding.Length / _wallSeconds);
    }

    private SpeedRow Row(string part, double[] seconds, double imagesPerSecond)
    {
        Array.Sort(seconds);
        return new SpeedRow
        {
            Model = _model.Path,
            Backbone = _model.Manifest.Backbone.Name,
            Precision = _model.Manifest.Network.Precision,
            ImageSize = _network.Width,
            BatchSize = _batchSize,
            WorkerCount = _workers.Length,
            Part = part,
            SampleCount = seconds.Length,
            ImagesPerSecond = imagesPerSecond,
            P50Milliseconds = 1000 * Percentiles.Of(seconds, 0.5),
            P95Milliseconds = 1000 * Percentiles.Of(seconds, 0.95),
            P99Milliseconds = 1000 * Percentiles.Of(seconds, 0.99),
        };
    }

    private void Work(SpeedWorker worker, long start, TimeSpan duration, CancellationToken cancellationToken)
    {
        float[] pixels = new float[_batchSize * _network.PixelLength];
        float[] scores = new float[_batchSize * _model.Manifest.Labels.Count];
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            long began = _clock.GetTimestamp();
            for (int i = 0; i < _batchSize; i++) Decode(worker, pixels.AsSpan(i * _network.PixelLength, _network.PixelLength));
            long decoded = _clock.GetTimestamp();
            _network.Run(pixels, _batchSize, MeasuredModel.ScoreName, scores);
            worker.Running.Add(_clock.GetElapsedTime(decoded).TotalSeconds);
            worker.Whole.Add(_clock.GetElapsedTime(began).TotalSeconds);
        }
        while (_clock.GetElapsedTime(start) < duration);
    }

    private void Decode(SpeedWorker worker, Span<float> pixels)
    {
        long began = _clock.GetTimestamp();
        _reader.ReadPixels(_pictures[worker.NextPicture++ % _pictures.Count], _model.Manifest.Preprocessing, pixels);
        worker.Decoding.Add(_clock.GetElapsedTime(began).TotalSeconds);
    }

    /// <summary>What one thread has measured, in seconds.</summary>
    private sealed class SpeedWorker(int firstPicture)
    {
        public int NextPicture { get; set; } = firstPicture;

        public List<double> Decoding { get; } = [];

        public List<double> Running { get; } = [];

        public List<double> Whole { get; } = [];

        public void Forget()
        {
            Decoding.Clear();
            Running.Clear();
            Whole.Clear();
        }
    }
}
