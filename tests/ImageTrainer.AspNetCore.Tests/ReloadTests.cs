using System.Diagnostics;
using System.Text.Json;
using ImageTrainer.AspNetCore.Models;
using ImageTrainer.Tests;

namespace ImageTrainer.AspNetCore;

[TestClass]
public class ReloadTests
{
    private const int Freed = 5;

    [TestMethod]
    [DataRow("replaced")]
    [DataRow("renamed over")]
    public async Task Model_AnotherFile_AnswersAndTheOldOneIsFreed(string way)
    {
        await using ServingHost host = await ServingHost.StartAsync();
        string old = host.Model.Current.Hash;

        Put(host, ServingHost.OtherZip(2), way);
        await ServingHost.WaitForAsync(() => host.Model.Current.Hash != old, "the reload");

        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);
        StringAssert.Contains(await response.Content.ReadAsStringAsync(), host.Model.Current.Hash);
        await ServingHost.WaitForAsync(() => host.Log.Has(Freed), "the old engine");
        StringAssert.Contains(host.Log.TextOf(Freed), old[..12]);
    }

    [TestMethod]
    public async Task Model_LinkOfAFolderMoves_AsKubernetesVolumesDo_Answers()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Kubernetes moves links on Linux.");
        using var volume = new TemporaryFolder();
        volume.Write("..1/model.zip", TinyModel.Zip);
        volume.Write("..2/model.zip", ServingHost.OtherZip(2));
        Directory.CreateSymbolicLink(volume.Combine("..data"), "..1");
        File.CreateSymbolicLink(volume.Combine("model.zip"), "..data/model.zip");
        await using ServingHost host = await ServingHost.StartAsync(model: options => options.ModelPath = volume.Combine("model.zip"));
        string old = host.Model.Current.Hash;

        Directory.CreateSymbolicLink(volume.Combine("..data_tmp"), "..2");
        using Process move = Process.Start("mv", ["-T", volume.Combine("..data_tmp"), volume.Combine("..data")]);
        await move.WaitForExitAsync();

        await ServingHost.WaitForAsync(() => host.Model.Current.Hash != old, "the reload");
    }

    [TestMethod]
    [DataRow("broken")]
    [DataRow("foreign")]
    [DataRow("gone")]
    public async Task Model_FileThatCannotBeServed_KeepsTheOldOneAndSaysWhy(string fault)
    {
        await using ServingHost host = await ServingHost.StartAsync();
        string old = host.Model.Current.Hash;

        if (fault == "gone") File.Delete(host.ModelPath);
        else Put(host, fault == "broken" ? TinyModel.Zip[..(TinyModel.Zip.Length / 2)] : "This is no model."u8.ToArray(), "replaced");
        await ServingHost.WaitForAsync(() => host.Model.LastFailure is not null, "the failure");

        JsonElement health = await host.GetAsync("/health/ready");
        Assert.AreEqual("Degraded", health.GetProperty("status").GetString());
        StringAssert.Contains(health.ToString(), "Cannot load the model");
        using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);
        Assert.AreEqual(System.Net.HttpStatusCode.OK, response.StatusCode);
        Assert.AreEqual(old, host.Model.Current.Hash);
        Assert.IsTrue(host.Log.Has(3));

        Put(host, ServingHost.OtherZip(3), "replaced");
        await ServingHost.WaitForAsync(() => host.Model.LastFailure is null, "the good file");
        Assert.AreEqual("Healthy", (await host.GetAsync("/health/ready")).GetProperty("status").GetString());
    }

    [TestMethod]
    public async Task Model_OtherLabels_IsLoggedAsAChange()
    {
        await using ServingHost host = await ServingHost.StartAsync();

        Put(host, ServingHost.OtherZip(2, ["disc", "square", "stripes", "something new"]), "replaced");
        await ServingHost.WaitForAsync(() => host.Log.Has(4), "the log");

        StringAssert.Contains(host.Log.TextOf(4), "Added: something new. Gone: nothing at all.");
    }

    [TestMethod]
    public async Task Version_WhileAnImageUsesIt_IsNotFreed()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        ModelVersion old = host.Model.BeginUse();

        Put(host, ServingHost.OtherZip(2), "replaced");
        await ServingHost.WaitForAsync(() => host.Model.Current != old, "the reload");

        Assert.IsFalse(host.Log.Has(Freed));
        Assert.IsGreaterThan(0f, old.Engine.Predict(ServingHost.Photo).Probability);
        old.EndUse();
        Assert.IsTrue(host.Log.Has(Freed));
        Assert.IsFalse(old.TryBeginUse());
        Assert.ThrowsExactly<ObjectDisposedException>(() => old.Engine.Predict(ServingHost.Photo));
    }

    [TestMethod]
    public async Task Model_SameBytesTouched_StaysLoaded()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        ModelVersion old = host.Model.Current;

        File.SetLastWriteTimeUtc(host.ModelPath, DateTime.UtcNow.AddDays(1));
        host.Model.CheckForChange();
        host.Model.CheckForChange();

        Assert.AreSame(old, host.Model.Current);
        Assert.IsNull(host.Model.LastFailure);
    }

    [TestMethod]
    public async Task Requests_WhileModelsComeAndGo_AreAllAnsweredByOneOfThem()
    {
        await using ServingHost host = await ServingHost.StartAsync();
        byte[][] zips = [TinyModel.Zip, ServingHost.OtherZip(2), [1, 2, 3]];
        using var stop = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => AskUntilAsync(host, stop.Token)))];

        for (int i = 0; i < 9; i++)
        {
            int loads = host.Log.CountOf(2) + host.Log.CountOf(3);
            Put(host, zips[(i + 1) % zips.Length], "renamed over");
            await ServingHost.WaitForAsync(() => host.Log.CountOf(2) + host.Log.CountOf(3) > loads, "the next model");
        }

        await stop.CancelAsync();
        int[] counts = await Task.WhenAll(clients);
        Assert.IsGreaterThan(3, counts.Min());
        await ServingHost.WaitForAsync(() => host.Log.CountOf(Freed) == host.Log.CountOf(2), "the old engines");
    }

    private static async Task<int> AskUntilAsync(ServingHost host, CancellationToken stop)
    {
        int count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            using HttpResponseMessage response = await host.PostAsync(ServingHost.Photo);
            Assert.AreEqual(System.Net.HttpStatusCode.OK, response.StatusCode, await response.Content.ReadAsStringAsync(CancellationToken.None));
        }

        return count;
    }

    private static void Put(ServingHost host, byte[] zip, string way)
    {
        string beside = host.Folder.Write("next.zip", zip);
        if (way == "replaced") File.WriteAllBytes(host.ModelPath, zip);
        else File.Move(beside, host.ModelPath, overwrite: true);
    }
}
