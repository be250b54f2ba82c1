using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace ImageTrainer.Benchmarks.Serving;

/// <summary>What clients saw.</summary>
/// <param name="Seconds">Wall time.</param>
/// <param name="Milliseconds">Latency of each answer with 200, ascending.</param>
/// <param name="Statuses">Answers by status; 0: none at all.</param>
internal sealed record LoadResult(double Seconds, double[] Milliseconds, IReadOnlyDictionary<int, int> Statuses)
{
    /// <summary>Answers with 200 a second.</summary>
    public double Rate => Milliseconds.Length / Seconds;

    /// <summary>A quantile of the latency, in milliseconds.</summary>
    public double Quantile(double fraction) => Milliseconds.Length == 0 ? double.NaN : Milliseconds[(int)(fraction * (Milliseconds.Length - 1))];

    /// <summary>The statuses as text: "200: 512, 429: 3".</summary>
    public string StatusText => string.Join(", ", Statuses.OrderBy(status => status.Key).Select(status => string.Create(CultureInfo.InvariantCulture, $"{status.Key}: {status.Value}")));
}

/// <summary>Clients that each ask again as soon as they are answered.</summary>
internal static class LoadClients
{
    /// <summary>Runs them.</summary>
    /// <param name="address">Where predictions are asked for.</param>
    /// <param name="photos">The bytes of the photos, sent in turn.</param>
    /// <param name="clientCount">How many.</param>
    /// <param name="time">For how long.</param>
    /// <param name="seen">Looks at each answer with 200: which photo, and its body; or null.</param>
    public static async Task<LoadResult> RunAsync(Uri address, IReadOnlyList<byte[]> photos, int clientCount, TimeSpan time, Action<int, string>? seen = null)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = clientCount };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(2) };
        var milliseconds = new ConcurrentBag<double>();
        var statuses = new ConcurrentDictionary<int, int>();
        int next = -1;
        long start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clientCount).Select(_ => Task.Run(AskAsync)));
        return new LoadResult(Stopwatch.GetElapsedTime(start).TotalSeconds, [.. milliseconds.Order()], statuses);

        async Task AskAsync()
        {
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                int photo = (int)((uint)Interlocked.Increment(ref next) % photos.Count);
                long asked = Stopwatch.GetTimestamp();
                (int status, string body, TimeSpan wait) = await SendAsync(client, address, photos[photo]);
                statuses.AddOrUpdate(status, 1, (_, count) => count + 1);
                if (status == (int)HttpStatusCode.OK)
                {
                    milliseconds.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                    seen?.Invoke(photo, body);
                }
                else
                {
                    await Task.Delay(wait);
                }
            }
        }
    }

    /// <summary>Sends one request; status 0 where no answer came. A refusal says how long to wait.</summary>
    public static async Task<(int Status, string Body, TimeSpan Wait)> SendAsync(HttpClient client, Uri address, byte[] photo)
    {
        try
        {
            using HttpResponseMessage response = await client.PostAsync(address, new ByteArrayContent(photo));
            TimeSpan wait = response.Headers.RetryAfter?.Delta ?? TimeSpan.FromMilliseconds(100);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), wait);
        }
        catch (HttpRequestException)
        {
            return (0, "", TimeSpan.FromSeconds(1));
        }
    }
}
