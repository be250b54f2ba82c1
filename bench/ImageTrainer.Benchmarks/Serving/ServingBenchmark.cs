using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace ImageTrainer.Benchmarks.Serving;

/// <summary>A model served over HTTP: load, a long run with reloads, and requests that mean no good.</summary>
internal static class ServingBenchmark
{
    private const int PhotoCount = 64, BatchRounds = 6;
    private static readonly Argument<string> Model = new("model") { Description = "A model.zip." };
    private static readonly Argument<string> Other = new("other") { Description = "Another model.zip." };
    private static readonly Argument<string> Images = new("images") { Description = "A folder of photos." };
    private static readonly Option<int[]> Clients = new("--clients") { DefaultValueFactory = _ => [1, 8, 64, 256] };
    private static readonly Option<double> Seconds = new("--seconds") { DefaultValueFactory = _ => 30 };
    private static readonly Option<double> Minutes = new("--minutes") { DefaultValueFactory = _ => 10 };
    private static readonly Option<double> ReloadSeconds = new("--reload-seconds") { DefaultValueFactory = _ => 20 };

    public static Command Create()
    {
        var load = new Command("load", "Images a second, processor time an image and latency, beside PredictBatch.") { Model, Images, Clients, Seconds };
        load.SetAction((result, _) => LoadAsync(result));
        var soak = new Command("soak", "16 clients, and another file in the model's place again and again, every fifth broken.") { Model, Other, Images, Minutes, ReloadSeconds };
        soak.SetAction((result, _) => ServingSoak.RunAsync(
            result.GetRequiredValue(Model), result.GetRequiredValue(Other), Photos(result),
            TimeSpan.FromMinutes(result.GetValue(Minutes)), TimeSpan.FromSeconds(result.GetValue(ReloadSeconds))));
        var hostile = new Command("hostile", "Damaged images, slow bodies, bodies over the limit, forms without end.") { Model, Images };
        hostile.SetAction((result, _) => HostileAsync(result));
        var peers = new Command("peers", "Our queue against ML.NET's PredictionEngine behind a lock and in a pool of 2.") { Model, Images, Seconds };
        peers.SetAction((result, _) => ServingPeers.RunAsync(result.GetRequiredValue(Model), result.GetRequiredValue(Images), result.GetValue(Seconds)));
        return new Command("serving", "A model served over HTTP.") { load, soak, hostile, peers };
    }

    private static byte[][] Photos(ParseResult result) =>
    [
        .. Directory.EnumerateFiles(result.GetRequiredValue(Images), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Where((_, index) => index % 7 == 0).Take(PhotoCount).Select(File.ReadAllBytes),
    ];

    private static async Task LoadAsync(ParseResult result)
    {
        byte[][] photos = Photos(result);
        double batch = BatchProcessorMilliseconds(result.GetRequiredValue(Model), photos);
        Print($"PredictBatch                 {batch,7:0.00} ms of processor time an image");
        using ServedProcess server = ServedProcess.Start(result.GetRequiredValue(Model));
        await LoadClients.RunAsync(server.PredictAddress, photos, 8, TimeSpan.FromSeconds(3));
        double? alone = null;
        foreach (int clients in result.GetRequiredValue(Clients))
        {
            TimeSpan before = server.ProcessorTime;
            LoadResult load = await LoadClients.RunAsync(server.PredictAddress, photos, clients, TimeSpan.FromSeconds(result.GetValue(Seconds)));
            double processor = (server.ProcessorTime - before).TotalMilliseconds / load.Milliseconds.Length;
            alone ??= load.Quantile(0.5);
            Print($"{clients,4} clients {load.Rate,8:0.0} images/s {processor,7:0.00} ms of processor time an image ({processor / batch:0.000} of PredictBatch), "
                + $"p50 {load.Quantile(0.5):0.0} ms, p99 {load.Quantile(0.99):0.0} ms ({load.Quantile(0.99) / alone.Value:0.0} times alone), {load.StatusText}, {server.ResidentMegabytes:0} MB");
        }

        double again = BatchProcessorMilliseconds(result.GetRequiredValue(Model), photos);
        Print($"PredictBatch again           {again,7:0.00} ms of processor time an image");
    }

    private static double BatchProcessorMilliseconds(string model, byte[][] photos)
    {
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(model, new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 });
        ReadOnlyMemory<byte>[] images = [.. Enumerable.Range(0, 4).SelectMany(_ => photos).Select(photo => (ReadOnlyMemory<byte>)photo)];
        engine.PredictBatchAsync(images).GetAwaiter().GetResult();
        using var process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        for (int i = 0; i < BatchRounds; i++) engine.PredictBatchAsync(images).GetAwaiter().GetResult();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMilliseconds / (BatchRounds * images.Length);
    }

    private static async Task HostileAsync(ParseResult result)
    {
        byte[][] images = [.. Directory.EnumerateFiles(result.GetRequiredValue(Images), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        using ServedProcess server = ServedProcess.Start(result.GetRequiredValue(Model));
        Print($"at the start: {server.ResidentMegabytes:0} MB, {server.HandleCount} handles");
        long start = Stopwatch.GetTimestamp();
        Task<string[]> slow = Task.WhenAll(Enumerable.Range(0, 100).Select(_ => SlowAsync(server.Address)));
        using var client = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        var statuses = new Dictionary<int, int>();
        double peak = 0;
        foreach (int[] some in Enumerable.Range(0, 10_000).Chunk(16))
        {
            foreach ((int status, _, _) in await Task.WhenAll(some.Select(i => LoadClients.SendAsync(client, server.PredictAddress, images[i % images.Length]))))
                statuses[status] = statuses.GetValueOrDefault(status) + 1;
            peak = Math.Max(peak, server.ResidentMegabytes);
        }

        Print($"10,000 images meant to break decoders: {new LoadResult(0, [], statuses).StatusText}; {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s, at most {peak:0} MB");
        Print($"100 slow bodies meanwhile: {string.Join(", ", (await slow).CountBy(answer => answer).Select(answer => $"{answer.Key}: {answer.Value}"))}");
        Print($"body over the limit: {(await LoadClients.SendAsync(client, server.PredictAddress, new byte[40 << 20])).Status}");
        Print($"form without end: {await RawAsync(server.Address, "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 70\r\n", "--b\r\nContent-Disposition: form-data; name=f; filename=a.jpg\r\n\r\nno end.")}");
        Print($"paths in names: {(await LoadClients.SendAsync(client, new Uri(server.Address, "/v1/models/..%2F..%2Fetc%2Fpasswd:predict"), [1])).Status}");
        Print($"at the end: {server.ResidentMegabytes:0} MB, {server.HandleCount} handles");
    }

    // A byte now and then, and nothing after it.
    private static Task<string> SlowAsync(Uri address) => RawAsync(address, "Content-Length: 1000000\r\n", "x");

    private static async Task<string> RawAsync(Uri address, string headers, string body)
    {
        using var client = new TcpClient("127.0.0.1", address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"POST /v1/models/served:predict HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n{body}"));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadLineAsync() ?? "closed";
    }

    // The program knows no culture but the invariant one.
    internal static void Print(string line) => Console.WriteLine(line);
}
