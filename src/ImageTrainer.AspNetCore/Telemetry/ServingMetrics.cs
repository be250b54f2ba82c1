using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ImageTrainer.AspNetCore.Telemetry;

/// <summary>The measurements of serving, under the meter and the activity source "ImageTrainer.AspNetCore".</summary>
internal sealed class ServingMetrics : IDisposable
{
    /// <summary>Name of the meter and of the activity source.</summary>
    public const string SourceName = "ImageTrainer.AspNetCore";

    private const string ModelTag = "imagetrainer.model";
    private const string ErrorTag = "error.type";

    private readonly Meter _meter;
    private readonly Counter<long> _images;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _reloads;
    private readonly Histogram<double> _durations;
    private readonly Histogram<int> _batches;

    public ServingMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(SourceName);
        _images = _meter.CreateCounter<long>("imagetrainer.images", "{image}", "Images that were answered; error.type where one could not be read.");
        _refusals = _meter.CreateCounter<long>("imagetrainer.requests.refused", "{request}", "Requests that were not answered, by reason.");
        _reloads = _meter.CreateCounter<long>("imagetrainer.model.reloads", "{reload}", "Files that were tried in place of the model.");
        _durations = _meter.CreateHistogram<double>("imagetrainer.image.duration", "s", "Time of an image, by stage: queue, run.", tags: null,
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
        _batches = _meter.CreateHistogram<int>("imagetrainer.batch.size", "{image}", "Images that a worker took at once.", tags: null,
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32] });
    }

    /// <summary>Where spans come from.</summary>
    public static ActivitySource Activities { get; } = new(SourceName);

    /// <summary>Watches the queue.</summary>
    public void ObserveQueue(Func<int> length) =>
        _meter.CreateObservableUpDownCounter("imagetrainer.queue.length", length, "{image}", "Images that wait for a worker.");

    /// <summary>Watches how long models have been served.</summary>
    public void ObserveModelAges(Func<IEnumerable<(string Model, TimeSpan Age)>> ages) =>
        _meter.CreateObservableGauge("imagetrainer.model.age",
            () => ages().Select(model => new Measurement<double>(model.Age.TotalSeconds, new KeyValuePair<string, object?>(ModelTag, model.Model))),
            "s", "Time since the model was loaded.");

    /// <summary>Counts an image that was answered, and how long it waited and ran.</summary>
    public void CountImage(string model, bool isReadable, TimeSpan waited, TimeSpan ran)
    {
        var tags = new TagList { { ModelTag, model } };
        if (!isReadable) tags.Add(ErrorTag, "unreadable_image");
        _images.Add(1, tags);
        _durations.Record(waited.TotalSeconds, new(ModelTag, model), new("imagetrainer.stage", "queue"));
        _durations.Record(ran.TotalSeconds, new(ModelTag, model), new("imagetrainer.stage", "run"));
    }

    /// <summary>Records what a worker took at once.</summary>
    public void RecordBatch(string model, int count) => _batches.Record(count, new KeyValuePair<string, object?>(ModelTag, model));

    /// <summary>Counts a request that was answered with a refusal.</summary>
    public void CountRefusal(string model, int status) => _refusals.Add(1, new(ModelTag, model), new(ErrorTag, status));

    /// <summary>Counts a file that took the model's place, or could not.</summary>
    public void CountReload(string model, string? error)
    {
        var tags = new TagList { { ModelTag, model } };
        if (error is not null) tags.Add(ErrorTag, error);
        _reloads.Add(1, tags);
    }

    public void Dispose() => _meter.Dispose();
}
