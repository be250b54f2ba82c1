using System.Globalization;
using System.Text.Json;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using Spectre.Console;

namespace ImageTrainer.Cli.Runs;

/// <summary>What <c>bench</c> prints: one JSON object, or a table.</summary>
internal sealed record SpeedReport
{
    /// <summary>Where the networks ran: "cpu" or "cuda:N".</summary>
    public required string Device { get; init; }

    /// <summary>Processors of this machine that the program may use.</summary>
    public required int ProcessorCount { get; init; }

    /// <summary>What was predicted, in words.</summary>
    public required string Pictures { get; init; }

    /// <summary>Seconds that each model and number of images a call was measured for.</summary>
    public required double SecondsPerCell { get; init; }

    /// <summary>By model, images a call and part.</summary>
    public required IReadOnlyList<SpeedRow> Rows { get; init; }

    /// <summary>Prints the report as JSON.</summary>
    public void PrintJson() => Console.Out.WriteLine(VisibleText.OfLines(JsonSerializer.Serialize(this, ReportJson.Indented.SpeedReport)));

    /// <summary>Prints the report as a table.</summary>
    public void PrintTable()
    {
        Table table = TextTables.New("Model", "Precision", "Images a call", "Part", "Images/s", "p50 ms", "p95 ms", "p99 ms");
        table.Columns[1].Alignment = table.Columns[3].Alignment = Justify.Left;
        foreach (SpeedRow row in Rows)
        {
            table.AddRow(
                TextTables.Cell(row.Model), row.Precision, row.CallSize.ToString(CultureInfo.InvariantCulture), row.Part,
                Text(row.ImagesPerSecond), Text(row.P50Milliseconds), Text(row.P95Milliseconds), Text(row.P99Milliseconds));
        }

        TextTables.Write(table);
    }

    /// <summary>Three digits or more: two places below 10, one from there on.</summary>
    private static string Text(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture);
}

/// <summary>The speed of one part of the work.</summary>
internal sealed record SpeedRow
{
    /// <summary>Path of the model as it was given.</summary>
    public required string Model { get; init; }

    /// <summary>Name of its backbone.</summary>
    public required string Backbone { get; init; }

    /// <summary>"fp32" or "int8".</summary>
    public required string Precision { get; init; }

    /// <summary>Width of the network's input in pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Images a call; 1: all cores on each image, more: one core an image.</summary>
    public required int CallSize { get; init; }

    /// <summary>"whole" (file to scores) or, of single images, "decode" (file to pixels) or "network" (decoded image to scores).</summary>
    public required string Part { get; init; }

    /// <summary>How many times are behind the percentiles: one a call.</summary>
    public required int SampleCount { get; init; }

    /// <summary>Images a second.</summary>
    public required double ImagesPerSecond { get; init; }

    /// <summary>Half of the times are no longer than this.</summary>
    public required double P50Milliseconds { get; init; }

    /// <summary>95 % of the times are no longer than this.</summary>
    public required double P95Milliseconds { get; init; }

    /// <summary>99 % of the times are no longer than this.</summary>
    public required double P99Milliseconds { get; init; }
}

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

    /// <summary>Seconds of each call so far, by part.</summary>
    private readonly List<double> _decoding = [], _running = [], _whole = [];

    /// <summary>Where decoding puts an image, [3, H, W]; used again for each.</summary>
    private readonly float[] _pixels;
    private readonly RgbImage[] _decoded;

    /// <summary>Number of the next picture, over and over all of them.</summary>
    private int _next;

    /// <summary>Prepares to measure; where single images are, they are decoded once, so that the network can be timed alone.</summary>
    /// <param name="model">The model.</param>
    /// <param name="callSize">Images a call, 1 or more.</param>
    /// <param name="pictures">Paths of the pictures to go through, one or more.</param>
    /// <param name="clock">Measures.</param>
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

    /// <summary>Sums up one part: rate over all calls, and percentiles of a call's time.</summary>
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

    /// <summary>Times one picture three ways, one after the other: the whole, the network on decoded pixels, and decoding.</summary>
    private void MeasureParts()
    {
        int picture = _next++ % _pictures.Count;
        _whole.Add(SecondsOf(() => _model.Single.Predict(_pictures[picture])));
        _running.Add(SecondsOf(() => _model.Single.Predict(_decoded[picture])));
        _decoding.Add(SecondsOf(() => _reader.ReadPixels(_pictures[picture], _model.Single.Manifest.Preprocessing, _pixels)));
    }

    /// <summary>Makes one call with the next pictures.</summary>
    /// <exception cref="ImageTrainer.Imaging.ImageDecodeException">One of them cannot be read any more.</exception>
    private void PredictMany(CancellationToken cancellationToken)
    {
        string[] paths = [.. Enumerable.Range(0, _callSize).Select(i => _pictures[(_next + i) % _pictures.Count])];
        _next += _callSize;
        IReadOnlyList<ImagePredictionResult> results = _model.Many.PredictBatch(paths, cancellationToken);
        if (results.Select(result => result.Error).FirstOrDefault(error => error is not null) is { } error) throw error;
    }

    /// <summary>Wall time of some work.</summary>
    private double SecondsOf(Action work)
    {
        long start = _clock.GetTimestamp();
        work();
        return _clock.GetElapsedTime(start).TotalSeconds;
    }
}

/// <summary>A model, loaded once for single images and once for many, as applications load it.</summary>
internal sealed class MeasuredModel : IDisposable
{
    private MeasuredModel(string path, ImagePredictionEngine single, ImagePredictionEngine many) =>
        (Path, Single, Many) = (path, single, many);

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>All cores on one prediction.</summary>
    public ImagePredictionEngine Single { get; }

    /// <summary>One core a prediction; several run at once.</summary>
    public ImagePredictionEngine Many { get; }

    /// <summary>Loads a model.zip.</summary>
    /// <exception cref="ModelFormatException">The file is missing, damaged, foreign or too new.</exception>
    public static MeasuredModel Load(string path, string device)
    {
        var single = ImagePredictionEngine.Load(path, new ImagePredictionEngineOptions { Device = device });
        try
        {
            var options = new ImagePredictionEngineOptions { Device = device, ThreadsPerPrediction = 1 };
            return new MeasuredModel(path, single, ImagePredictionEngine.Load(path, options));
        }
        catch
        {
            single.Dispose();
            throw;
        }
    }

    /// <summary>Unloads both engines.</summary>
    public void Dispose()
    {
        Single.Dispose();
        Many.Dispose();
    }
}

/// <summary>Percentiles by nearest rank: always a value that was measured.</summary>
internal static class Percentiles
{
    /// <summary>The least value that a share of all values does not exceed.</summary>
    /// <param name="ascending">Values in ascending order, one or more.</param>
    /// <param name="share">Above 0, 1 at most.</param>
    public static double Of(IReadOnlyList<double> ascending, double share) => ascending[(int)Math.Ceiling(share * ascending.Count) - 1];
}
