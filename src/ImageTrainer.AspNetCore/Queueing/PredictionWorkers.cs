using System.Diagnostics;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.AspNetCore.Telemetry;
using ImageTrainer.Imaging;

namespace ImageTrainer.AspNetCore.Queueing;

/// <summary>
/// The threads that take images from the queue. One image alone has all cores, which answers it soonest; where more wait, each worker runs
/// a few in one run on one core, which costs the least processor time an image.
/// </summary>
internal sealed class PredictionWorkers : IDisposable
{
    private readonly PredictionQueue _queue;
    private readonly ServingServices _services;
    private readonly Thread[] _threads;

    public PredictionWorkers(PredictionQueue queue, ImageServingOptions options, ServingServices services)
    {
        (_queue, _services) = (queue, services);
        _threads = [.. Enumerable.Range(1, options.WorkerCount).Select(number => new Thread(Work)
        {
            IsBackground = true,
            Name = $"Image worker {number}",
        })];
        foreach (Thread thread in _threads) thread.Start();
    }

    /// <summary>Lets images under way end, and fails those that wait.</summary>
    public void Dispose()
    {
        _queue.Close();
        foreach (Thread thread in _threads) thread.Join();
    }

    private void Work()
    {
        while (_queue.Take() is { } taken)
        {
            long start = _services.Time.GetTimestamp();
            // As a task, so that whatever fails, fails those who asked and not the worker.
            var run = new Task(() => Run(taken));
            run.RunSynchronously(TaskScheduler.Default);
            if (run.Exception is { InnerException: { } failure }) Fail(taken.Images, failure);
            _queue.GiveBack(taken.Images.Count, _services.Time.GetElapsedTime(start));
        }
    }

    private void Run(TakenImages taken)
    {
        QueuedImage[] wanted = [.. taken.Images.Where(image => !image.IsAbandoned)];
        foreach (QueuedImage image in taken.Images.Except(wanted)) image.Release();
        if (wanted.Length == 0) return;
        QueuedImage first = wanted[0];
        long start = _services.Time.GetTimestamp();
        using Activity? activity = ServingMetrics.Activities.StartActivity("predict images");
        activity?.SetTag("imagetrainer.model", first.ModelName).SetTag("imagetrainer.batch.size", wanted.Length);
        ImageAnswer[] answers = taken.IsAlone || first.WantsFeatures ? [RunAlone(first)] : RunTogether(wanted);
        TimeSpan ran = _services.Time.GetElapsedTime(start);
        _services.Metrics.RecordBatch(first.ModelName, wanted.Length);
        for (int i = 0; i < wanted.Length; i++)
        {
            TimeSpan waited = _services.Time.GetElapsedTime(wanted[i].QueuedAt, start);
            _services.Metrics.CountImage(first.ModelName, answers[i].Error is null, waited, ran);
            wanted[i].Complete(answers[i]);
        }
    }

    private static ImageAnswer RunAlone(QueuedImage image)
    {
        ImagePredictionEngine engine = image.Version.Engine;
        (string? path, ReadOnlyMemory<byte> content) = image.Image;
        try
        {
            return image.WantsFeatures
                ? new ImageAnswer(null, path is null ? engine.Featurize(content) : engine.Featurize(path), null)
                : new ImageAnswer(path is null ? engine.Predict(content) : engine.Predict(path), null, null);
        }
        catch (ImageDecodeException exception)
        {
            return new ImageAnswer(null, null, exception);
        }
    }

    private static ImageAnswer[] RunTogether(QueuedImage[] images) =>
        [.. images[0].Version.Engine.PredictOnThread([.. images.Select(image => image.Image)])
            .Select(result => new ImageAnswer(result.Prediction, null, result.Error))];

    private void Fail(IReadOnlyList<QueuedImage> images, Exception failure)
    {
        _services.Log.BatchFailed(failure, images[0].ModelName, images.Count);
        foreach (QueuedImage image in images) image.Fail(failure);
    }
}
