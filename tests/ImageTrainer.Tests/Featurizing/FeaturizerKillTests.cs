using System.Diagnostics;
using System.Globalization;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Featurizing;

[TestClass]
public class FeaturizerKillTests
{
    private const int CountPerKind = 20;
    private const int KillCount = 20;

    [TestMethod]
    [TestCategory("Slow")]
    public void Featurize_ProcessesKilledAtRandom_LoseNoFinishedRowAndGiveNoWrongOne()
    {
        using var folder = new TemporaryFolder();
        string images = Drawings.WriteDataset(folder, "images", CountPerKind);
        ImageDataset dataset = ImageDataset.FromFolder(images);
        var cache = new FeatureCacheOptions { Folder = folder.Combine("cache") };
        FeaturizedImages clean = FeaturizerTests.Featurize(dataset, cache: null);
        var random = new Random(1);

        int finished = 0;
        for (int kill = 0; kill < KillCount; kill++)
        {
            (int cached, int done) = FeaturizeUntilKilled(images, cache.Folder, random.Next(1, 8));
            Assert.IsGreaterThanOrEqualTo(finished, cached, $"after kill {kill}");
            finished = done;
            if (finished < dataset.Images.Count) continue;
            FeaturizerTests.AssertSameRows(clean, FeaturizerTests.Featurize(dataset, cache));
            Directory.Delete(cache.Folder, recursive: true);
            finished = 0;
        }

        FeaturizedImages last = FeaturizerTests.Featurize(dataset, cache);
        Assert.IsGreaterThanOrEqualTo(finished, last.CachedCount);
        FeaturizerTests.AssertSameRows(clean, last);
    }

    /// <summary>Kills a featurizing process once it has reported so many computed images; gives what it last reported.</summary>
    private static (int CachedCount, int DoneCount) FeaturizeUntilKilled(string images, string cache, int computedLimit)
    {
        string worker = Path.Combine(AppContext.BaseDirectory, "ImageTrainer.Tests.Worker.dll");
        string[] arguments = [worker, "featurize", images, cache];
        using Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        (int Cached, int Done) last = (0, 0);
        while (process.StandardOutput.ReadLine() is string line)
        {
            int[] counts = [.. line.Split(' ').Select(count => int.Parse(count, CultureInfo.InvariantCulture))];
            last = (counts[0], counts[1]);
            if (last.Done - last.Cached == computedLimit)
                process.Kill();
        }

        process.WaitForExit();
        Assert.IsGreaterThan(0, last.Done);
        return last;
    }
}
