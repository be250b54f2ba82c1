using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones;

/// <summary>What "auto" takes, and how long it waits for a network that is not there.</summary>
[TestClass]
public sealed class StoreAutoTests
{
    /// <summary>Far over the 2.5 s that are allowed and under any other time-out, for machines that are busy.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    [TestMethod]
    public void AutoAnswerTimeout_ByDefault_LeavesRoomWithinThreeSeconds() =>
        Assert.AreEqual(TimeSpan.FromSeconds(2.5), BackboneStoreOptions.FromEnvironment().AutoAnswerTimeout);

    [TestMethod]
    public async Task Resolve_AutoAndServerNeverAnswers_FallsBackInTime()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.HangAsync());
        using var bench = new StoreBench(server);
        long start = Stopwatch.GetTimestamp();

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.IsLessThan(Bound, Stopwatch.GetElapsedTime(start));
        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.AreEqual(
            "Backbone resnet18-mlnet, which comes with the program, because resnet50 is not on this machine "
            + $"and 127.0.0.1 did not answer within 2.5 s; for better features put {StoreBench.FileName} into "
            + $"{bench.Options.CacheFolder}, or into {bench.Options.Folders[0]} (IMAGETRAINER_BACKBONES).",
            resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoAndNameLookUpHangs_FallsBackInTime()
    {
        using var bench = new StoreBench();
        using var handler = new DeafHandler();
        long start = Stopwatch.GetTimestamp();

        ResolvedBackbone resolved = await bench.Store(handler).ResolveAsync("auto");

        Assert.IsLessThan(Bound, Stopwatch.GetElapsedTime(start));
        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
    }

    [TestMethod]
    public async Task Resolve_AutoAndConnectingHangs_FallsBackInTime()
    {
        using var bench = new StoreBench();
        using var handler = new SocketsHttpHandler { ConnectCallback = NeverConnectAsync };
        long start = Stopwatch.GetTimestamp();

        ResolvedBackbone resolved = await bench.Store(handler).ResolveAsync("auto");

        Assert.IsLessThan(Bound, Stopwatch.GetElapsedTime(start));
        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
    }

    [TestMethod]
    public async Task Resolve_AutoAndConnectionRefused_FallsBackAtOnce()
    {
        using var bench = new StoreBench(new Uri($"http://127.0.0.1:{ClosedPort()}/{StoreBench.FileName}"));
        bench.Options = bench.Options with { AutoAnswerTimeout = TimeSpan.FromMinutes(1), RetryDelay = TimeSpan.FromMinutes(1) };

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.Contains("127.0.0.1 cannot be reached: ", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoAndNoSuchHost_FallsBackAtOnce()
    {
        using var bench = new StoreBench();
        using var handler = new SocketsHttpHandler { ConnectCallback = (_, _) => throw new SocketException((int)SocketError.HostNotFound) };

        ResolvedBackbone resolved = await bench.Store(handler).ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.Contains("cannot be reached", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoAndServerError_FallsBackWithoutTryingAgain()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.SendAsync("503 Service Unavailable", "Content-Length: 0"));
        using var bench = new StoreBench(server);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.Contains("answered 503", resolved.Reason);
        Assert.HasCount(1, server.Requests);
    }

    [TestMethod]
    public async Task Resolve_AutoAndAnotherProcessHangsOnTheDownload_FallsBackInTime()
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { AutoAnswerTimeout = TimeSpan.FromMilliseconds(300) };
        using var held = new FileStream(bench.CachedPath + ".lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.Contains("another process holds", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoAndCacheCannotBeWritten_FallsBack()
    {
        using var bench = new StoreBench();
        Directory.Delete(bench.Options.CacheFolder);
        File.WriteAllText(bench.Options.CacheFolder, "a file in the folder's place");

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.Contains("cannot be written", resolved.Reason);
        Assert.EndsWith(
            $"; for better features put {StoreBench.FileName} into {bench.Options.Folders[0]} (IMAGETRAINER_BACKBONES), "
            + $"or {BackboneReasons.OtherCache}.",
            resolved.Reason);
        Assert.DoesNotContain(".;", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_FolderThatIsNone_SaysSoWhateverIsTaken()
    {
        using var bench = new StoreBench();
        string missing = bench.Elsewhere("mistyped");
        bench.Options = bench.Options with { Folders = [missing], AllowDownload = false };
        string notice = $" Not used: IMAGETRAINER_BACKBONES names '{missing}', which is no folder.";

        ResolvedBackbone packaged = await bench.Store().ResolveAsync("auto");
        File.WriteAllBytes(bench.CachedPath, StoreBench.Content);
        ResolvedBackbone cached = await bench.Store().ResolveAsync("auto");

        Assert.EndsWith(notice, packaged.Reason);
        Assert.EndsWith("(auto takes the best one on this machine)." + notice, cached.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoAndCutAfterTheAnswer_IsPatientAndFinishes()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.Number == 0
            ? exchange.SendCutAsync(StoreBench.Content, 1000, "\"one\"")
            : exchange.SendFileAsync(StoreBench.Content, "\"one\""));
        using var bench = new StoreBench(server);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Download, resolved.Origin);
        Assert.AreEqual($"Backbone resnet50, downloaded from 127.0.0.1 to {bench.CachedPath}.", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoOffline_TakesTheDefaultOneAndSaysWhy()
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { AllowDownload = false };

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.Contains("downloads are switched off (IMAGETRAINER_OFFLINE)", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_AutoWithWeightsInTheFolder_TakesThemAndAsksNobody()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.HangAsync());
        using var bench = new StoreBench(server);
        File.WriteAllBytes(bench.InFolder(StoreBench.FileName), StoreBench.Content);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("AUTO");

        Assert.AreEqual(BackboneOrigin.Folder, resolved.Origin);
        Assert.EndsWith("(auto takes the best one on this machine).", resolved.Reason);
        Assert.IsEmpty(server.Requests);
    }

    [TestMethod]
    public async Task Resolve_AutoCancelled_Throws()
    {
        using var server = new StoreLoopbackServer(exchange => exchange.HangAsync());
        using var bench = new StoreBench(server);
        using var cancellation = new CancellationTokenSource();

        Task<ResolvedBackbone> resolving = bench.Store().ResolveAsync("auto", null, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => resolving);
    }

    private static async ValueTask<Stream> NeverConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return Stream.Null;
    }

    private static int ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Hangs like a look-up in the operating system, which no token reaches.</summary>
    private sealed class DeafHandler : HttpMessageHandler
    {
        private readonly TaskCompletionSource<HttpResponseMessage> _never = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            _never.Task;
    }
}
