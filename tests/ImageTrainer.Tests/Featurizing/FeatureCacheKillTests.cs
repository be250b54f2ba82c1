using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Featurizing;

[TestClass]
public class FeatureCacheKillTests
{
    private const int ColumnCount = 512;
    private const int KillCount = 20;

    [TestMethod]
    [TestCategory("Slow")]
    public void Append_ProcessesKilledAtRandom_LoseNoRowAndGiveNoTornOne()
    {
        using var folder = new TemporaryFolder();
        var random = new Random(1);

        int[] counts = new int[KillCount];
        for (int i = 0; i < KillCount; i += 2)
        {
            // Two at a time, so that one opens and merges while the other writes.
            (int first, int second) = (i, i + 1);
            (int firstLimit, int secondLimit) = (random.Next(1, 3000), random.Next(1, 3000));
            Parallel.Invoke(
                () => counts[first] = AppendUntilKilled(folder, first, firstLimit),
                () => counts[second] = AppendUntilKilled(folder, second, secondLimit));
        }

        using FeatureCache cache = FeatureCache.Open(new FeatureCacheOptions { Folder = folder.Path }, SHA256.HashData("network"u8), ColumnCount);
        float[] row = new float[ColumnCount];
        for (int process = 0; process < KillCount; process++)
        {
            for (int i = 0; i < counts[process]; i++)
            {
                byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{process}/{i}")));
                Assert.IsTrue(cache.TryRead(hash, row), $"row {i} of process {process}");
                Assert.IsTrue(row.AsSpan().IndexOfAnyExcept((float)i) < 0, $"row {i} of process {process} is torn");
            }
        }
    }

    /// <summary>Kills a writer after it has reported so many rows; returns how many it reported in all.</summary>
    private static int AppendUntilKilled(TemporaryFolder folder, int process, int limit)
    {
        string worker = Path.Combine(AppContext.BaseDirectory, "ImageTrainer.Tests.Worker.dll");
        string[] arguments = [
            worker, folder.Path, ColumnCount.ToString(CultureInfo.InvariantCulture), process.ToString(CultureInfo.InvariantCulture)];
        using Process writer = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true })!;
        int count = 0;
        while (writer.StandardOutput.ReadLine() is string line)
        {
            Assert.AreEqual(count.ToString(CultureInfo.InvariantCulture), line);
            count++;
            if (count == limit)
                writer.Kill();
        }

        writer.WaitForExit();
        Assert.IsGreaterThanOrEqualTo(limit, count);
        return count;
    }
}
