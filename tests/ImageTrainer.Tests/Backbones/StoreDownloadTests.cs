using System.Collections.Concurrent;
using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Downloading;

namespace ImageTrainer.Tests.Backbones;

/// <summary>Downloads from a server that behaves, and from one that does not.</summary>
[TestClass]
public sealed class StoreDownloadTests
{
    private const string Tag = "\"one\"";

    private static byte[] Content => StoreBench.Content;

    [TestMethod]
    public async Task Pull_GoodServer_PutsTheFileIntoTheCache()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        Assert.AreEqual(BackboneOrigin.Download, pulled.Origin);
        Assert.AreEqual(bench.CachedPath, pulled.Path);
        Assert.AreEqual(StoreBench.Digest, pulled.Descriptor.Sha256);
        Assert.AreEqual("a test's", pulled.Descriptor.License);
        CollectionAssert.AreEqual(Content, File.ReadAllBytes(bench.CachedPath));
        Assert.IsFalse(File.Exists(bench.CachedPath + ".part") || File.Exists(bench.CachedPath + ".part.etag"));
    }

    [TestMethod]
    public async Task Pull_GoodServer_ReportsProgressUpToTheWhole()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);
        var progress = new RecordedProgress();

        await bench.Store().PullAsync("resnet50", progress);

        DownloadProgress first = progress.Reports.First();
        DownloadProgress last = progress.Reports.Last();
        Assert.AreEqual(new DownloadProgress(StoreBench.FileName, 0, Content.Length, 0), first);
        Assert.AreEqual(Content.Length, last.ReceivedByteCount);
        Assert.IsGreaterThan(0.0, last.BytesPerSecond);
    }

    [TestMethod]
    public async Task Pull_NoLengthGiven_TakesWhatCame()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendAsync("200 OK", "", Content));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
    }

    [TestMethod]
    public async Task Pull_AlreadyInTheCache_AsksNobody()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);
        File.WriteAllBytes(bench.CachedPath, Content);

        ResolvedBackbone pulled = await bench.Store().PullAsync("auto");

        Assert.AreEqual(BackboneOrigin.Cache, pulled.Origin);
        Assert.IsEmpty(server.Requests);
    }

    [TestMethod]
    [DataRow("resnet50", "resnet50.pth")]
    [DataRow("ours", "ours.onnx")]
    public async Task Pull_InAFolder_GivesThatAndAsksNobody(string name, string fileName)
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);
        File.WriteAllBytes(bench.InFolder(fileName), [1, 2, 3]);

        ResolvedBackbone pulled = await bench.Store().PullAsync(name);

        Assert.AreEqual(bench.InFolder(fileName), pulled.Path);
        Assert.IsEmpty(server.Requests);
    }

    [TestMethod]
    public async Task Resolve_DamagedFileInTheCache_ReplacesItAndSaysSo()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);
        File.WriteAllBytes(bench.CachedPath, Content.AsSpan(0, 1000));

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("resnet50");

        Assert.AreEqual(BackboneOrigin.Download, resolved.Origin);
        Assert.Contains("is damaged", resolved.Reason);
        CollectionAssert.AreEqual(Content, File.ReadAllBytes(bench.CachedPath));
    }

    [TestMethod]
    public async Task Pull_AnnouncesMoreThanItSends_FailsWithTheCount()
    {
        string headers = $"Content-Length: {Content.Length + 5}";
        using var server = new StoreLoopbackServer(exchange => exchange.SendAsync("200 OK", headers, Content));
        using var bench = new StoreBench(server);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains($"broke after {Content.Length} bytes", error.Message);
        Assert.HasCount(1 + bench.Options.RetryCount + 1, server.Requests);
        Assert.IsFalse(File.Exists(bench.CachedPath));
    }

    [TestMethod]
    public async Task Pull_AnnouncesLessThanTheFile_FailsTheChecksum()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendAsync("200 OK", "Content-Length: 1000", Content));
        using var bench = new StoreBench(server);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains("has the SHA-256", error.Message);
        Assert.IsFalse(File.Exists(bench.CachedPath));
    }

    [TestMethod]
    public async Task Pull_WrongBytes_KeepsNothingAndSaysBothChecksums()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(StoreBench.RandomBytes(1000, seed: 3), Tag));
        using var bench = new StoreBench(server);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains($"and not {StoreBench.Digest[..8]}...", error.Message);
        Assert.HasCount(1, server.Requests);
        Assert.IsFalse(File.Exists(bench.CachedPath) || File.Exists(bench.CachedPath + ".part"));
    }

    [TestMethod]
    public async Task Pull_NotFound_FailsAtOnceAndSaysWhichFileToPutWhere()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendAsync("404 Not Found", "Content-Length: 0"));
        using var bench = new StoreBench(server);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync("resnet50"));

        Assert.AreEqual("resnet50", error.Name);
        Assert.AreEqual(
            $"Backbone resnet50 is not on this machine and 127.0.0.1 answered 404 (Not Found). Get {StoreBench.FileName} from "
            + $"{bench.Descriptor.Address} (its SHA-256 begins with {StoreBench.Digest[..8]}) and put it into "
            + $"{bench.Options.CacheFolder}, or into {bench.Options.Folders[0]} (IMAGETRAINER_BACKBONES). Weights of your own go there as "
            + "resnet50.safetensors or resnet50.pth or resnet50.onnx.",
            error.Message);
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public async Task Pull_ServerErrorsThatPass_Succeeds()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Number < 2
            ? exchange.SendAsync("503 Service Unavailable", "Content-Length: 0")
            : exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        Assert.AreEqual(BackboneOrigin.Download, pulled.Origin);
        Assert.HasCount(3, server.Requests);
    }

    [TestMethod]
    public async Task Pull_ServerErrorsThatStay_FailsAfterTheRetries()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendAsync("500 Internal Server Error", "Content-Length: 0"));
        using var bench = new StoreBench(server);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains("answered 500", error.Message);
        Assert.HasCount(1 + bench.Options.RetryCount, server.Requests);
    }

    [TestMethod]
    public async Task Pull_Redirect_IsFollowed()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Number == 0
            ? exchange.SendAsync("302 Found", "Location: /elsewhere; Content-Length: 0")
            : exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone pulled = await bench.Store().PullAsync("resnet50");

        CollectionAssert.AreEqual(Content, File.ReadAllBytes(pulled.Path!));
        Assert.StartsWith("GET /elsewhere ", server.Requests[1]);
    }

    [TestMethod]
    public async Task Pull_NotHttpAtAll_FailsWithATypedError()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Stream.WriteAsync("SSH-2.0-server\r\n\r\n"u8.ToArray()).AsTask());
        using var bench = new StoreBench(server);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains("cannot be reached", error.Message);
    }

    [TestMethod]
    public async Task Pull_NeverAnswers_FailsAfterTheConnectTimeout()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.HangAsync());
        using var bench = new StoreBench(server);
        bench.Options = bench.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(200), RetryCount = 1 };

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains("127.0.0.1 did not answer within 0.2 s", error.Message);
    }

    [TestMethod]
    public async Task Resolve_ManyAtOnceOnOneCache_DownloadOnceAndAllGetTheWholeFile()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendFileAsync(Content, Tag));
        using var bench = new StoreBench(server);

        ResolvedBackbone[] all = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => bench.Store().ResolveAsync("resnet50"))));

        foreach (ResolvedBackbone resolved in all)
            Assert.AreEqual(StoreBench.Digest, resolved.Descriptor.Sha256);
        CollectionAssert.AreEqual(Content, File.ReadAllBytes(bench.CachedPath));
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public async Task Pull_LockHeldAndNothingComing_SaysWhoHoldsItUp()
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { StallTimeout = TimeSpan.FromMilliseconds(200) };
        using var held = new FileStream(bench.CachedPath + ".lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains($"another process holds {bench.CachedPath}.lock", error.Message);
    }

    [TestMethod]
    public async Task Pull_LockCannotBeWritten_SaysSoAtOnce()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Links take privileges there.");
        using var bench = new StoreBench();
        // No open succeeds through a link to itself.
        File.CreateSymbolicLink(bench.CachedPath + ".lock", bench.CachedPath + ".lock");

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(
            () => bench.Store().PullAsync("resnet50"));

        Assert.Contains($"{bench.CachedPath} cannot be written", error.Message);
        Assert.DoesNotContain("another process", error.Message);
    }

    [TestMethod]
    public async Task Pull_CacheCannotBeWritten_SaysWhichFile()
    {
        using var bench = new StoreBench();
        Directory.Delete(bench.Options.CacheFolder);
        File.WriteAllText(bench.Options.CacheFolder, "a file in the folder's place");

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().PullAsync("resnet50"));

        Assert.Contains($"{bench.CachedPath} cannot be written", error.Message);
        Assert.Contains($"put it into {bench.Options.Folders[0]} (IMAGETRAINER_BACKBONES), or {BackboneReasons.OtherCache}.", error.Message);
        Assert.DoesNotContain("..", error.Message);
    }

    private sealed class RecordedProgress : IProgress<DownloadProgress>
    {
        public ConcurrentQueue<DownloadProgress> Reports { get; } = [];

        public void Report(DownloadProgress value) => Reports.Enqueue(value);
    }
}
