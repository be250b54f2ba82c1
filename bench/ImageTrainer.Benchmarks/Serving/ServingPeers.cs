using System.Collections.Concurrent;
using System.Diagnostics;
using ImageTrainer.AspNetCore;
using ImageTrainer.Imaging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Benchmarks.Serving;

/// <summary>One model.zip inside one application, asked by several callers at once: by our queue, and by ML.NET's engine as its pages advise.</summary>
internal static class ServingPeers
{
    /// <summary>Runs each way with 1, 8 and 64 callers.</summary>
    public static async Task RunAsync(string model, string images, double seconds)
    {
        string[] photos = [.. Directory.EnumerateFiles(images, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where((_, index) => index % 7 == 0)];
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddImagePredictionEngine(model);
        using IHost host = builder.Build();
        await host.StartAsync();
        IImagePredictor predictor = host.Services.GetRequiredService<IImagePredictor>();
        using var stock = new StockEngines(model, 2);
        foreach (int callers in new[] { 1, 8, 64 })
        {
            await MeasureAsync("our queue", callers, seconds, path => predictor.PredictAsync(new ImageInput(path, default)));
            await MeasureAsync("ML.NET's engine, behind a lock", callers, seconds, path => stock.PredictAsync(path, 1));
            await MeasureAsync("ML.NET's engine, pool of 2", callers, seconds, path => stock.PredictAsync(path, 2));
        }

        await host.StopAsync();

        async Task MeasureAsync(string name, int callers, double time, Func<string, Task> predict)
        {
            await predict(photos[0]);
            using var process = Process.GetCurrentProcess();
            TimeSpan processor = process.TotalProcessorTime;
            var milliseconds = new ConcurrentBag<double>();
            int next = -1;
            long start = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
            {
                while (Stopwatch.GetElapsedTime(start).TotalSeconds < time)
                {
                    long asked = Stopwatch.GetTimestamp();
                    await predict(photos[(int)((uint)Interlocked.Increment(ref next) % photos.Length)]);
                    milliseconds.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                }
            })));
            process.Refresh();
            double[] sorted = [.. milliseconds.Order()];
            ServingBenchmark.Print($"{callers,3} callers, {name,-30} {sorted.Length / Stopwatch.GetElapsedTime(start).TotalSeconds,7:0.0} images/s, "
                + $"{(process.TotalProcessorTime - processor).TotalMilliseconds / sorted.Length,6:0.0} ms of processor time an image, p50 {sorted[sorted.Length / 2]:0} ms, p99 {sorted[sorted.Length * 99 / 100]:0} ms");
        }
    }

    /// <summary>ML.NET's engines, which are for one caller at a time.</summary>
    private sealed class StockEngines : IDisposable
    {
        private readonly PredictionEngine<PathRow, ScoreRow>[] _engines;
        private readonly SemaphoreSlim _lock = new(1);
        private readonly SemaphoreSlim _pool;
        private readonly ConcurrentBag<PredictionEngine<PathRow, ScoreRow>> _free;

        public StockEngines(string model, int count)
        {
            var context = new MLContext(seed: 1);
            _engines = [.. Enumerable.Range(0, count).Select(_ => context.Model.CreatePredictionEngine<PathRow, ScoreRow>(context.Model.Load(model, out DataViewSchema _)))];
            _pool = new SemaphoreSlim(count);
            _free = [.. _engines];
        }

        public async Task PredictAsync(string path, int engineCount)
        {
            SemaphoreSlim turn = engineCount == 1 ? _lock : _pool;
            await turn.WaitAsync();
            PredictionEngine<PathRow, ScoreRow>? engine = null;
            try
            {
                if (engineCount == 1) engine = _engines[0];
                else _free.TryTake(out engine);
                engine?.Predict(new PathRow { ImagePath = path });
            }
            finally
            {
                if (engineCount > 1 && engine is not null) _free.Add(engine);
                turn.Release();
            }
        }

        public void Dispose()
        {
            Array.ForEach(_engines, engine => engine.Dispose());
            _lock.Dispose();
            _pool.Dispose();
        }
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class ScoreRow
    {
        [ColumnName("Score")]
        public float[] Score { get; set; } = [];
    }
}
