using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ImageTrainer.AspNetCore;

[TestClass]
[DoNotParallelize]
public class TelemetryTests
{
    [TestMethod]
    public async Task Metrics_OfPredictions_AreMeasured()
    {
        var values = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, own) =>
            {
                if (instrument.Meter.Name == "ImageTrainer.AspNetCore") own.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(values, instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(values, instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(values, instrument, value, tags));
        listener.Start();
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage good = await host.PostAsync(ServingHost.Photo);
        using HttpResponseMessage bad = await host.PostAsync([1, 2, 3]);
        using HttpResponseMessage refused = await host.Client.PostAsync("/v1/models/shapes:predict",
            new StringContent("{", System.Text.Encoding.UTF8, "application/json"));
        listener.RecordObservableInstruments();

        Assert.AreEqual(1, values["imagetrainer.images"]);
        Assert.AreEqual(1, values["imagetrainer.images unreadable_image"]);
        Assert.AreEqual(1, values["imagetrainer.requests.refused 400"]);
        Assert.IsGreaterThan(0, values["imagetrainer.image.duration run"]);
        Assert.IsGreaterThan(0, values["imagetrainer.image.duration queue"]);
        Assert.AreEqual(2, values["imagetrainer.batch.size"]);
        Assert.AreEqual(0, values["imagetrainer.queue.length"]);
        Assert.IsGreaterThan(0, values["imagetrainer.model.age"]);
    }

    [TestMethod]
    public async Task Activities_NameModelAndBatch()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "ImageTrainer.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using ServingHost host = await ServingHost.StartAsync();

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);

        await ServingHost.WaitForAsync(() => !spans.IsEmpty, "the span");
        Assert.AreEqual("shapes", spans.First().GetTagItem("imagetrainer.model"));
        Assert.AreEqual(1, spans.First().GetTagItem("imagetrainer.batch.size"));
    }

    private static void Add<T>(ConcurrentDictionary<string, double> values, Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string[] names = [instrument.Name, .. tags.ToArray().Where(tag => tag.Key is "error.type" or "imagetrainer.stage").Select(tag => $"{tag.Value}")];
        double number = Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture);
        values.AddOrUpdate(string.Join(' ', names), number, (_, sum) => sum + number);
    }
}
