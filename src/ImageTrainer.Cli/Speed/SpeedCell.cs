using ImageTrainer.Imaging;
using ImageTrainer.Models;

namespace ImageTrainer.Cli.Speed;

/// <summary>
/// One model at one number of images a call. At 1, one caller predicts image after image and all cores work on each; above 1, the
/// engine decodes
/// and runs the images of a call on every core.
/// </summary>
internal sealed class SpeedCell
{
    private readonly MeasuredModel _model;
    private readonly int _callSize;
    private readonly IReadOnlyList<string> _pictures;
    private readonly TimeProvider _clock;
    private readonly ImageReader _reader = new();
    private readonly List<double> _decoding = [], _running = [], _whole = [];
    private readonly float[] _pixels;
    private readonly RgbImage[] _decoded;
    private int _next;

    public SpeedCell(MeasuredModel model, int callSize, IReadOnlyList<string> pictures, TimeProvider clock)
    {
        (_model, _callSize, _pictures, _clock) = (model, callSize, pictures, clock);
        ImagePreprocessing preprocessing = model.Single.Manifest.Preprocessing;
        _pixels = new float[preprocessing.PixelLength];
        _decoded = callSize > 1 ? [] : [.. pictures.Select(path => _reader.Read(File.ReadAllBytes(path), preprocessing, path))];
    }

    /// <summary>The cell in words.</summary>
    public string Title => $"{_model.Path}, {(_callSize == 1 ? "one image at a time" : $"{_callSize} images a call")}";

    /// <summary>Makes one call and forgets its time.</summary>
    public void WarmUp(CancellationToken cancellationToken)
    {
        Measure(TimeSpan.Zero, cancellationToken);
        foreach (List<double> times in new[] { _decoding, _running, _whole }) times.Clear();
    }

    /// <summary>Measures for a while, and at least one call.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ImageDecodeException">A picture has gone since it was chosen.</exception>
    public void Measure(TimeSpan duration, CancellationToken cancellationToken)
    {
        long start = _clock.GetTimestamp();
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_callSize == 1) MeasureParts();
            else _whole.Add(SecondsOf(() => PredictMany(cancellationToken)));
        }
        while (_clock.GetElapsedTime(start) < duration);
    }

    /// <summary>What has been measured: the whole and, of single images, decoding and the network too.</summary>
    public IEnumerable<SpeedRow> Rows()
    {
        if (_callSize == 1)
        {
            yield return Row("decode", _decoding);
            yield return Row("network", _running);
        }

        yield return Row("whole", _whole);
    }

    private SpeedRow Row(string part, List<double> seconds)
    {
        double total = seconds.Sum();
        seconds.Sort();
        ModelManifest manifest = _model.Single.Manifest;
        return new SpeedRow
        {
            Model = _model.Path,
            Backbone = manifest.Backbone.Name,
            Precision = manifest.Network.Precision,
            ImageSize = manifest.Preprocessing.Width,
            CallSize = _callSize,
            Part = part,
            SampleCount = seconds.Count,
            ImagesPerSecond = _callSize * seconds.Count / total,
            P50Milliseconds = 1000 * Percentiles.Of(seconds, 0.5),
            P95Milliseconds = 1000 * Percentiles.Of(seconds, 0.95),
            P99Milliseconds = 1000 * Percentiles.Of(seconds, 0.99),
        };
    }

    private void MeasureParts()
    {
        int picture = _next++ % _pictures.Count;
        _whole.Add(SecondsOf(() => _model.Single.Predict(_pictures[picture])));
        _running.Add(SecondsOf(() => _model.Single.Predict(_decoded[picture])));
        _decoding.Add(SecondsOf(() => _reader.ReadPixels(_pictures[picture], _model.Single.Manifest.Preprocessing, _pixels)));
    }

    private void PredictMany(CancellationToken cancellationToken)
    {
        string[] paths = [.. Enumerable.Range(0, _callSize).Select(i => _pictures[(_next + i) % _pictures.Count])];
        _next += _callSize;
        IReadOnlyList<ImagePredictionResult> results = _model.Many.PredictBatch(paths, cancellationToken);
        if (results.Select(result => result.Error).FirstOrDefault(error => error is not null) is { } error) throw error;
    }

    private double SecondsOf(Action work)
    {
        long start = _clock.GetTimestamp();
        work();
        return _clock.GetElapsedTime(start).TotalSeconds;
    }
}
