using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones;

/// <summary>Downloads that are interrupted: what is continued, and what has to begin again.</summary>
[TestClass]
public sealed class StoreResumeTests
{
    private const string Tag = "\"one\"";

    private static byte[] Content => StoreBench.Content;

    [TestMethod]
    public async Task Pull_CutInTheMiddle_ContinuesWithTheRest()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Number == 0
            ? exchange.SendCutAsync(Content, 100_000, Tag)
            : exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.HasCount(2, server.Requests);
        Assert.Contains("Range: bytes=100000-", server.Requests[1]);
        Assert.Contains($"If-Range: {Tag}", server.Requests[1]);
    }

    [TestMethod]
    public async Task Pull_CutMoreOftenThanRetriesButGettingOn_Finishes()
    {
        using var server = new StoreLoopbackServer(exchange => SendAFewMoreAsync(exchange, 20_000));
        using var bench = new StoreBench(server);
        bench.Options = bench.Options with { RetryCount = 1 };

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.HasCount(15, server.Requests);
    }

    [TestMethod]
    public async Task Pull_CutWithoutEntityTag_BeginsAgain()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Number == 0
            ? exchange.SendCutAsync(Content, 100_000, null)
            : exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.DoesNotContain("Range:", server.Requests[1]);
    }

    [TestMethod]
    public async Task Pull_OtherVersionAfterACut_BeginsAgain()
    {
        byte[] old = StoreBench.RandomBytes(Content.Length, seed: 2);
        using var server = new StoreLoopbackServer(exchange => exchange.Number == 0
            ? exchange.SendCutAsync(old, 100_000, "\"old\"")
            : exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.Contains("If-Range: \"old\"", server.Requests[1]);
    }

    [TestMethod]
    public async Task Pull_ServerIgnoresRange_BeginsAgain()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Number == 0
            ? exchange.SendCutAsync(Content, 100_000, Tag)
            : exchange.SendAsync("200 OK", $"Content-Length: {Content.Length}; ETag: {Tag}", Content));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
    }

    [TestMethod]
    [DataRow("416 Range Not Satisfiable", "Content-Length: 0; Content-Range: bytes */5")]
    [DataRow("206 Partial Content", "Content-Length: 10; Content-Range: bytes 7-16/300000")]
    public async Task Pull_RangeAnsweredWithNonsense_BeginsAgain(string status, string headers)
    {
        using var server = new StoreLoopbackServer(exchange => exchange.RangeStart is null
            ? exchange.SendFileAsync(Content, Tag)
            : exchange.SendAsync(status, headers, status[0] == '2' ? new byte[10] : default));
        using var bench = new StoreBench(server);
        LeavePart(bench, Content.AsSpan(0, 1000));

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.HasCount(2, server.Requests);
    }

    [TestMethod]
    public async Task Resolve_AutoAndRangeNotSatisfiable_BeginsAgain()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.RangeStart is null
            ? exchange.SendFileAsync(Content, Tag)
            : exchange.SendAsync("416 Range Not Satisfiable", "Content-Length: 0"));
        using var bench = new StoreBench(server);
        LeavePart(bench, Content.AsSpan(0, 1000));

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Download, resolved.Origin);
        Assert.HasCount(2, server.Requests);
    }

    [TestMethod]
    public async Task Pull_WholePartLeftOver_AsksNobody()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);
        LeavePart(bench, Content);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.IsFalse(File.Exists(bench.CachedPath + ".part") || File.Exists(bench.CachedPath + ".part.etag"));
        Assert.IsEmpty(server.Requests);
    }

    [TestMethod]
    public async Task Pull_DamagedPartWithTheRightTag_IsFoundOutAndFetchedAgain()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);
        LeavePart(bench, new byte[1000]);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.IsNotNull(server.Requests.Single(head => head.Contains("Range: bytes=1000-", StringComparison.Ordinal)));
    }

    [TestMethod]
    public async Task Pull_StallsInTheMiddle_ContinuesWithTheRest()
    {
        using var server = new StoreLoopbackServer(StallOnceAsync);
        using var bench = new StoreBench(server);
        bench.Options = bench.Options with { StallTimeout = TimeSpan.FromMilliseconds(500) };

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.Contains("Range: bytes=100000-", server.Requests[1]);
    }

    [TestMethod]
    public async Task Pull_Cancelled_KeepsThePartForTheNextTime()
    {
        using var server = new StoreLoopbackServer(StallOnceAsync);
        using var bench = new StoreBench(server);
        using var cancellation = new CancellationTokenSource();
        BackboneStore store = bench.Store();

        Task<ResolvedBackbone> first = store.PullAsync("resnet50", null, cancellation.Token);
        await WaitUntilAsync(() => first.IsCompleted || LengthOf(bench.CachedPath + ".part") == 100_000);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => first);
        ResolvedBackbone second = await store.PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(second.Path!));
        Assert.Contains("Range: bytes=100000-", server.Requests[1]);
    }

    private static void LeavePart(StoreBench bench, ReadOnlySpan<byte> part)
    {
        File.WriteAllBytes(bench.CachedPath + ".part", part);
        File.WriteAllText(bench.CachedPath + ".part.etag", Tag);
    }

    private static Task SendAFewMoreAsync(StoreExchange exchange, int count) => exchange.RangeStart is { } start
        ? exchange.SendRestAsync(Content, start, count, Tag)
        : exchange.SendCutAsync(Content, count, Tag);

    /// <summary>Sends the beginning and says no more; to the next request the rest.</summary>
    private static async Task StallOnceAsync(StoreExchange exchange)
    {
        if (exchange.Number > 0)
        {
            await exchange.SendFileAsync(Content, Tag);
            return;
        }
        await exchange.SendCutAsync(Content, 100_000, Tag);
        await exchange.HangAsync();
    }

    private static long LengthOf(string path) => File.Exists(path) ? new FileInfo(path).Length : 0;

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(1);
    }
}
