using System.Security.Cryptography;
using System.Text;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Featurizing;

[TestClass]
public class FeatureCacheTests
{
    private const int ColumnCount = 16;

    private static readonly byte[] Network = SHA256.HashData("network"u8);

    [TestMethod]
    public void TryRead_AppendedRow_GivesItBack()
    {
        using var folder = new TemporaryFolder();
        using FeatureCache cache = Open(folder);

        cache.Append(Hash(1), Row(1));

        AssertHas(cache, 1);
        AssertLacks(cache, 2);
        Assert.AreEqual(1, cache.Count);
        Assert.IsNull(cache.Notice);
    }

    [TestMethod]
    public void Open_AfterDispose_FindsEveryRow()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, 0, 100);

        using FeatureCache cache = Open(folder);

        Assert.AreEqual(100, cache.Count);
        for (int i = 0; i < 100; i++)
            AssertHas(cache, i);
        Assert.AreEqual(0, cache.DamagedRecordCount);
    }

    [TestMethod]
    public void Open_OtherNetworkOrWidth_FindsNothing()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, 0, 3);

        using FeatureCache otherNetwork = FeatureCache.Open(Options(folder), SHA256.HashData("other"u8), ColumnCount);
        using FeatureCache otherWidth = FeatureCache.Open(Options(folder), Network, ColumnCount + 1);

        Assert.AreEqual(0, otherNetwork.Count);
        Assert.AreEqual(0, otherWidth.Count);
    }

    [TestMethod]
    public void Append_FromManyThreads_KeepsEveryRow()
    {
        using var folder = new TemporaryFolder();
        using (FeatureCache writer = Open(folder))
        {
            Parallel.For(0, 1000, i =>
            {
                writer.Append(Hash(i), Row(i));
                AssertHas(writer, i);
            });
        }

        using FeatureCache cache = Open(folder);

        for (int i = 0; i < 1000; i++)
            AssertHas(cache, i);
    }

    [TestMethod]
    public void Append_TwoInstancesAtOnce_EachReadsItsOwnAndTheNextReadsBoth()
    {
        using var folder = new TemporaryFolder();
        using (FeatureCache first = Open(folder))
        using (FeatureCache second = Open(folder))
        {
            Parallel.Invoke(() => Append(first, 0, 300), () => Append(second, 200, 500));
            AssertHas(first, 0);
            AssertHas(second, 499);
        }

        using FeatureCache cache = Open(folder);

        Assert.AreEqual(500, cache.Count);
        for (int i = 0; i < 500; i++)
            AssertHas(cache, i);
    }

    [TestMethod]
    public void Open_TornTail_DropsOnlyTheLastRecord()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, 0, 10);
        string path = Segments(folder).Single();
        using (FileStream file = File.OpenWrite(path))
            file.SetLength(file.Length - 5);

        using FeatureCache cache = Open(folder);

        for (int i = 0; i < 9; i++)
            AssertHas(cache, i);
        AssertLacks(cache, 9);
        Assert.AreEqual(1, cache.DamagedRecordCount);
    }

    [TestMethod]
    public void TryRead_FlippedBit_DropsTheRecordAndTakesItAnew()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, 0, 10);
        byte[] bytes = File.ReadAllBytes(Segments(folder).Single());
        bytes[FeatureCacheFormat.HeaderLength + 40] ^= 1;
        File.WriteAllBytes(Segments(folder).Single(), bytes);
        using FeatureCache cache = Open(folder);

        AssertLacks(cache, 0);
        Assert.AreEqual(1, cache.DamagedRecordCount);
        cache.Append(Hash(0), Row(0));

        for (int i = 0; i < 10; i++)
            AssertHas(cache, i);
    }

    [TestMethod]
    public void Open_ForeignFiles_AreLeftAlone()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, 0, 2);
        string networkFolder = Path.GetDirectoryName(Segments(folder).Single())!;
        string notes = Path.Combine(networkFolder, "notes.txt");
        string impostor = Path.Combine(networkFolder, "impostor.seg");
        File.WriteAllText(notes, "mine");
        File.WriteAllText(impostor, new string('x', 500));

        using FeatureCache cache = Open(folder);

        Assert.AreEqual(2, cache.Count);
        Assert.IsTrue(File.Exists(notes));
        Assert.IsTrue(File.Exists(impostor));
    }

    [TestMethod]
    public void Open_ManySmallSegments_MergesThemWithoutLoss()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 20; i++)
            Fill(folder, i, i + 1);
        using FeatureCache reader = Open(folder);

        using FeatureCache cache = Open(folder);

        Assert.IsLessThan(10, Segments(folder).Length);
        for (int i = 0; i < 20; i++)
        {
            AssertHas(cache, i);
            AssertHas(reader, i);
        }
    }

    [TestMethod]
    public void Open_WhileAnotherWrites_LeavesItsSegmentAlone()
    {
        using var folder = new TemporaryFolder();
        using FeatureCache writer = Open(folder);
        writer.Append(Hash(100), Row(100));
        for (int i = 0; i < 20; i++)
            Fill(folder, i, i + 1);
        writer.Append(Hash(101), Row(101));

        using FeatureCache cache = FeatureCache.Open(Options(folder) with { MaxByteCount = 0 }, Network, ColumnCount);

        AssertHas(cache, 100);
        AssertHas(cache, 101);
        Assert.AreEqual(2, cache.Count);
    }

    [TestMethod]
    public void Dispose_BeyondTheLimit_EvictsTheOldestFirst()
    {
        using var folder = new TemporaryFolder();
        Fill(folder, 0, 10);
        string oldest = Segments(folder).Single();
        File.SetLastWriteTimeUtc(oldest, new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        long length = new FileInfo(oldest).Length;

        using (FeatureCache writer = FeatureCache.Open(Options(folder) with { MaxByteCount = length + 10 }, SHA256.HashData("other"u8), ColumnCount))
            Append(writer, 10, 20);

        Assert.IsFalse(File.Exists(oldest));
        Assert.HasCount(1, Segments(folder));
    }

    [TestMethod]
    public void Append_BeyondTheLimit_StopsAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        using FeatureCache cache = FeatureCache.Open(Options(folder) with { MaxByteCount = 500 }, Network, ColumnCount);

        Append(cache, 0, 20);

        Assert.IsInRange(1, 4, cache.Count);
        Assert.IsLessThanOrEqualTo(500, new FileInfo(Segments(folder).Single()).Length - FeatureCacheFormat.HeaderLength);
        Assert.Contains("is full", cache.Notice!);
    }

    [TestMethod]
    public void Open_FolderIsAFile_WorksWithoutKeepingAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("taken", "not a folder");
        using FeatureCache cache = FeatureCache.Open(new FeatureCacheOptions { Folder = path }, Network, ColumnCount);

        cache.Append(Hash(1), Row(1));

        AssertLacks(cache, 1);
        Assert.Contains(path, cache.Notice!);
    }

    [TestMethod]
    public void Open_KeyOfWrongLength_ThrowsArgumentException()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => FeatureCache.Open(Options(folder), new byte[31], ColumnCount));
    }

    internal static byte[] Hash(int i) => SHA256.HashData(Encoding.UTF8.GetBytes($"image {i}"));

    internal static float[] Row(int i) => [.. Enumerable.Range(0, ColumnCount).Select(d => i + (d / 100f))];

    internal static FeatureCache Open(TemporaryFolder folder) => FeatureCache.Open(Options(folder), Network, ColumnCount);

    internal static void Fill(TemporaryFolder folder, int start, int end)
    {
        using FeatureCache cache = Open(folder);
        Append(cache, start, end);
    }

    internal static string[] Segments(TemporaryFolder folder) =>
        Directory.GetFiles(folder.Path, "*.seg", SearchOption.AllDirectories);

    private static FeatureCacheOptions Options(TemporaryFolder folder) => new() { Folder = folder.Path };

    private static void Append(FeatureCache cache, int start, int end)
    {
        for (int i = start; i < end; i++)
            cache.Append(Hash(i), Row(i));
    }

    private static void AssertHas(FeatureCache cache, int i)
    {
        float[] row = new float[ColumnCount];
        Assert.IsTrue(cache.TryRead(Hash(i), row), $"row {i}");
        CollectionAssert.AreEqual(Row(i), row);
    }

    private static void AssertLacks(FeatureCache cache, int i) => Assert.IsFalse(cache.TryRead(Hash(i), new float[ColumnCount]), $"row {i}");
}
