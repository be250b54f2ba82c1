using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ImageTrainer.AspNetCore.Endpoints;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.AspNetCore.Queueing;
using ImageTrainer.Imaging;
using Microsoft.Extensions.DependencyInjection;

namespace ImageTrainer.AspNetCore;

[TestClass]
public class LimitTests
{
    [TestMethod]
    public async Task Predict_BodyOverTheLimit_Is413()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxRequestBodySize = 1000);
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/v1/models/shapes:predict") { Content = new ByteArrayContent(new byte[3000]) };
        chunked.Headers.TransferEncodingChunked = true;

        using HttpResponseMessage known = await host.PostAsync(new byte[3000]);
        using HttpResponseMessage unknown = await host.Client.SendAsync(chunked);

        await EndpointTests.ProblemAsync(known, HttpStatusCode.RequestEntityTooLarge);
        await EndpointTests.ProblemAsync(unknown, HttpStatusCode.RequestEntityTooLarge);
    }

    [TestMethod]
    public async Task Predict_MoreImagesThanTheLimit_Is413()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxImagesPerRequest = 2);
        using MultipartFormDataContent form = EndpointTests.Form(("a", ServingHost.Photo), ("b", ServingHost.Photo), ("c", ServingHost.Photo));

        using HttpResponseMessage response = await host.Client.PostAsync("/v1/models/shapes:predict", form);

        await EndpointTests.ProblemAsync(response, HttpStatusCode.RequestEntityTooLarge);
    }

    [TestMethod]
    public async Task Predict_MorePixelsThanTheLimit_Is422()
    {
        await using ServingHost host = await ServingHost.StartAsync(model: options => options.MaxPixelCount = 1000);

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);

        JsonElement problem = await EndpointTests.ProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "pixels");
    }

    [TestMethod]
    [DataRow("X-API-Key", "second key", HttpStatusCode.OK)]
    [DataRow("Authorization", "Bearer first key", HttpStatusCode.OK)]
    [DataRow("X-API-Key", "first ke", HttpStatusCode.Unauthorized)]
    [DataRow("X-API-Key", "First key", HttpStatusCode.Unauthorized)]
    [DataRow("Authorization", "Basic first key", HttpStatusCode.Unauthorized)]
    [DataRow("X-Other", "first key", HttpStatusCode.Unauthorized)]
    public async Task Predict_WithKeys_OnlyAKnownOneIsLetIn(string header, string value, HttpStatusCode status)
    {
        await using ServingHost host = await ServingHost.StartAsync(options => { options.ApiKeys.Add("first key"); options.ApiKeys.Add("second key"); });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/models/shapes:predict") { Content = new ByteArrayContent(ServingHost.Photo) };
        request.Headers.TryAddWithoutValidation(header, value);

        using HttpResponseMessage response = await host.Client.SendAsync(request);

        if (status == HttpStatusCode.OK) Assert.AreEqual(status, response.StatusCode);
        else await EndpointTests.ProblemAsync(response, status);
        using HttpResponseMessage list = await host.Client.GetAsync("/v1/models");
        using HttpResponseMessage protocol = await host.Client.GetAsync("/v2/models/shapes");
        using HttpResponseMessage live = await host.Client.GetAsync("/health/live");
        Assert.AreEqual(HttpStatusCode.Unauthorized, list.StatusCode);
        Assert.AreEqual(HttpStatusCode.Unauthorized, protocol.StatusCode);
        Assert.AreEqual(HttpStatusCode.OK, live.StatusCode);
    }

    [TestMethod]
    public async Task Predict_QueueIsFull_Is429WithTheWaitMeasured()
    {
        await using ServingHost host = await ServingHost.StartAsync(options =>
            (options.QueueLimit, options.MaxImagesPerRequest, options.WorkerCount) = (4, 4, 1));
        var queue = host.Application.Services.GetRequiredService<PredictionQueue>();
        using var held = new HeldWorker(host, queue);
        QueuedImage[] waiting = [.. Enumerable.Range(0, 4).Select(_ => Image(host.Model, ServingHost.Photo))];
        Assert.IsTrue(queue.TryAdd(waiting));
        queue.GiveBack(1, TimeSpan.FromSeconds(7));

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);

        JsonElement problem = await EndpointTests.ProblemAsync(response, HttpStatusCode.TooManyRequests);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "4 images");
        Assert.AreEqual(Math.Ceiling(queue.ExpectedWait.TotalSeconds), response.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        Assert.IsGreaterThan(1.0, queue.ExpectedWait.TotalSeconds);
        held.Dispose();
        await Task.WhenAll(waiting.Select(image => image.Answer));
        using HttpResponseMessage later = await host.PostAsync(ServingHost.Photo);
        Assert.AreEqual(HttpStatusCode.OK, later.StatusCode);
    }

    [TestMethod]
    public async Task Predict_NoWorkerInTime_Is504()
    {
        await using ServingHost host = await ServingHost.StartAsync(options =>
            (options.RequestTimeout, options.WorkerCount) = (TimeSpan.FromMilliseconds(200), 1));
        using var held = new HeldWorker(host, host.Application.Services.GetRequiredService<PredictionQueue>());

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);

        await EndpointTests.ProblemAsync(response, HttpStatusCode.GatewayTimeout);
    }

    [TestMethod]
    public async Task Predict_ClientLeaves_ItsImageIsNotRunAndItsMemoryComesBack()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.WorkerCount = 1);
        var queue = host.Application.Services.GetRequiredService<PredictionQueue>();
        using var held = new HeldWorker(host, queue);
        using var leave = new CancellationTokenSource();
        Task<HttpResponseMessage> asked = host.Client.PostAsync("/v1/models/shapes:predict", new ByteArrayContent(ServingHost.Photo), leave.Token);
        await ServingHost.WaitForAsync(() => queue.Length == 1, "the image in the queue");

        await leave.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => asked);
        await ServingHost.WaitForAsync(() => host.Log.Has(7), "the server to see it");
        held.Dispose();

        await ServingHost.WaitForAsync(() => queue.Length == 0, "the queue");
        StringAssert.Contains(host.Log.TextOf(7), "499");
        await ServingHost.WaitForAsync(() => IsWhole(host), "the memory");
    }

    [TestMethod]
    public async Task Predict_MemoryIsSpent_Is429AndComesBack()
    {
        await using ServingHost host = await ServingHost.StartAsync(options => options.MaxBufferedBytes = 100_000);

        using HttpResponseMessage response = await host.PostAsync(new byte[200_000]);

        await EndpointTests.ProblemAsync(response, HttpStatusCode.TooManyRequests);
        using HttpResponseMessage later = await host.PostAsync(ServingHost.Photo);
        Assert.AreEqual(HttpStatusCode.OK, later.StatusCode);
        await ServingHost.WaitForAsync(() => IsWhole(host), "the memory");
    }

    [TestMethod]
    [TestCategory("Slow")]
    public async Task Predict_SlowBodies_AreCutOffAndStopNobody()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        TcpClient[] slow = [.. Enumerable.Range(0, 100).Select(_ => new TcpClient("127.0.0.1", host.Client.BaseAddress!.Port))];
        byte[] head = Encoding.ASCII.GetBytes("POST /v1/models/shapes:predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n\xff");
        foreach (TcpClient client in slow) await client.GetStream().WriteAsync(head);
        long start = Stopwatch.GetTimestamp();

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);
        string[] answers = await Task.WhenAll(slow.Select(ReadAsync));

        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode);
        Assert.IsTrue(answers.All(answer => answer.StartsWith("HTTP/1.1 408", StringComparison.Ordinal)), answers[0]);
        Assert.IsLessThan(30.0, Stopwatch.GetElapsedTime(start).TotalSeconds);
        await ServingHost.WaitForAsync(() => IsWhole(host), "the memory");
        foreach (TcpClient client in slow) client.Dispose();
    }

    [TestMethod]
    public async Task Queue_Closed_FailsWhatWaitsAndLetsWorkersGo()
    {
        ServingHost host = await ServingHost.StartAsync(options => options.WorkerCount = 1);
        var queue = host.Application.Services.GetRequiredService<PredictionQueue>();
        var held = new HeldWorker(host, queue);
        Task<ImagePrediction> waiting = host.Predictor.PredictAsync(ServingHost.Photo);
        await ServingHost.WaitForAsync(() => queue.Length == 1, "the image in the queue");

        queue.Close();
        held.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await host.DisposeAsync();
        Assert.IsTrue(host.Log.Has(5));
    }

    private static bool IsWhole(ServingHost host)
    {
        var budget = host.Application.Services.GetRequiredService<MemoryBudget>();
        var options = host.Application.Services.GetRequiredService<ImageServingOptions>();
        try
        {
            budget.Take(options.MaxBufferedBytes);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException)
        {
            return false;
        }

        budget.GiveBack(options.MaxBufferedBytes);
        return true;
    }

    private static QueuedImage Image(ServedModel model, byte[] bytes) =>
        new(model, new ImageInput(null, bytes), content: null, wantsFeatures: false, CancellationToken.None);

    private static async Task<string> ReadAsync(TcpClient client)
    {
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadLineAsync() ?? "";
    }

    /// <summary>Keeps the only worker at an image whose bytes wait to be let go.</summary>
    private sealed class HeldWorker : IDisposable
    {
        private readonly ManualResetEventSlim _release = new();
        private readonly ManualResetEventSlim _isHeld = new();

        public HeldWorker(ServingHost host, PredictionQueue queue)
        {
            _ = host.Predictor;
            Assert.IsTrue(queue.TryAdd([new QueuedImage(host.Model, new ImageInput(null, ServingHost.Photo), new Gate(this), wantsFeatures: false, CancellationToken.None)]));
            _isHeld.Wait();
        }

        public void Dispose() => _release.Set();

        private sealed class Gate(HeldWorker owner) : IDisposable
        {
            public void Dispose()
            {
                owner._isHeld.Set();
                owner._release.Wait();
            }
        }
    }
}
