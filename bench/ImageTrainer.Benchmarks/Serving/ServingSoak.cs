using System.Diagnostics;
using System.Text.Json;

namespace ImageTrainer.Benchmarks.Serving;

/// <summary>A long run with reloads: whether an answer is lost or wrong, and whether memory and handles stay where they are.</summary>
internal static class ServingSoak
{
    private const int ClientCount = 16;

    /// <summary>Runs it and prints what became of it, a line a minute.</summary>
    public static async Task RunAsync(string model, string other, byte[][] photos, TimeSpan time, TimeSpan reloadEvery)
    {
        string folder = Directory.CreateTempSubdirectory("imagetrainer-soak-").FullName;
        string served = Path.Combine(folder, "model.zip");
        File.Copy(model, served);
        string[][] expected = [Labels(model, photos), Labels(other, photos)];
        string[] hashes = [Hash(model), Hash(other)];
        using ServedProcess server = ServedProcess.Start(served, "--reload");
        int wrong = 0;
        int[] answered = new int[2];
        using var stop = new CancellationTokenSource();
        Task watch = WatchAsync(server, stop.Token);
        Task<int> reloads = ReloadAsync(served, [other, model], reloadEvery, stop.Token);
        LoadResult load = await LoadClients.RunAsync(server.PredictAddress, photos, ClientCount, time, (photo, body) =>
        {
            JsonElement answer = JsonSerializer.Deserialize<JsonElement>(body);
            int version = Array.IndexOf(hashes, answer.GetProperty("version").GetString());
            if (version >= 0) Interlocked.Increment(ref answered[version]);
            if (version < 0 || answer.GetProperty("predictions")[0].GetProperty("predictedLabel").GetString() != expected[version][photo]) Interlocked.Increment(ref wrong);
        });
        await stop.CancelAsync();
        await watch;
        ServingBenchmark.Print($"{load.Milliseconds.Length} answers, {wrong} wrong, statuses {load.StatusText}; {await reloads} files, answers by version {answered[0]} and {answered[1]}; p99 {load.Quantile(0.99):0} ms");
        Directory.Delete(folder, recursive: true);
    }

    private static string[] Labels(string model, byte[][] photos)
    {
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(model, new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 });
        return [.. photos.Select(photo => engine.Predict(photo).PredictedLabel)];
    }

    private static string Hash(string path) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));

    private static async Task<int> ReloadAsync(string served, string[] models, TimeSpan every, CancellationToken stop)
    {
        int count = 0, good = 0;
        using var timer = new PeriodicTimer(every);
        try
        {
            while (await timer.WaitForNextTickAsync(stop))
            {
                string next = $"{served}.next";
                if (++count % 5 == 0) await File.WriteAllTextAsync(next, "broken", CancellationToken.None);
                else File.Copy(models[good++ % 2], next, overwrite: true);
                File.SetLastWriteTimeUtc(next, DateTime.UtcNow);
                File.Move(next, served, overwrite: true);
            }
        }
        catch (OperationCanceledException)
        {
            return count;
        }

        return count;
    }

    private static async Task WatchAsync(ServedProcess server, CancellationToken stop)
    {
        long start = Stopwatch.GetTimestamp();
        var samples = new List<(double Minute, double Memory, int Handles)>();
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None);
            samples.Add((Stopwatch.GetElapsedTime(start).TotalMinutes, server.ResidentMegabytes, server.HandleCount));
        }

        foreach (IGrouping<int, (double Minute, double Memory, int Handles)> minute in samples.GroupBy(sample => (int)sample.Minute))
        {
            ServingBenchmark.Print($"minute {minute.Key + 1,2}: {minute.Average(sample => sample.Memory):0} MB in the mean, {minute.Max(sample => sample.Memory):0} at most, "
                + $"{minute.Average(sample => sample.Handles):0} handles");
        }
    }
}
