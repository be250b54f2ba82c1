using System.Diagnostics;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>A public catalogue of images that break decoders; CATALOG.tsv names each one's traits.</summary>
[TestClass]
[TestCategory(TestData.Category)]
public sealed class NastyImagesTests
{
    private static readonly ImageReader Reader = new();
    private static readonly ImagePreprocessing Preprocessing = new();

    private sealed record Entry(string Path, string Format, string Tags, string Pillow)
    {
        internal bool Has(string tag) => Tags.Split(',').Contains(tag);
    }

    [TestMethod]
    [DoNotParallelize]
    [TestCategory("Slow")]
    public void ReadPixels_ThreeRoundsOverAll_EndsEachInTimeAndKeepsNoMemory()
    {
        Entry[] entries = Catalogue();
        float[] pixels = new float[Preprocessing.PixelLength];
        var slow = new List<string>();
        var decodedCounts = new List<int>();
        var residentBytes = new List<long>();

        for (int round = 0; round < 3; round++)
        {
            decodedCounts.Add(entries.Count(entry => Timed(entry, slow, () => Reader.ReadPixels(entry.Path, Preprocessing, pixels))));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            residentBytes.Add(Environment.WorkingSet);
        }

        Assert.IsEmpty(slow, string.Join('\n', slow));
        CollectionAssert.AreEqual(new[] { 147, 147, 147 }, decodedCounts);
        Assert.IsLessThan(50L << 20, residentBytes[2] - residentBytes[0]);
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Read_WholeAndScaled_AgreeOnWhichAreSound()
    {
        foreach (Entry entry in Catalogue())
        {
            byte[] content = File.ReadAllBytes(entry.Path);
            Assert.AreEqual(Failure(() => Reader.Read(content)), Failure(() => Reader.Read(content, Preprocessing)), entry.Path);
        }
    }

    [TestMethod]
    public void Read_ReasonsOfFailures_AreOneShortClause()
    {
        string[] reasons = [.. Catalogue().Select(entry => Failure(() => Reader.Read(entry.Path))).OfType<string>().Distinct()];

        foreach (string reason in reasons)
        {
            Assert.IsLessThan(125, reason.Length, reason);
            Assert.IsFalse(reason.Contains('\n') || reason.EndsWith('.') || reason.Contains("vips", StringComparison.OrdinalIgnoreCase), reason);
        }
    }

    [TestMethod]
    public void Read_HugeByHeader_IsRefused()
    {
        // 008's logical screen is beyond all measure, but its one frame is 21 x 21, and that is what is shown.
        Entry[] huge = [.. Catalogue().Where(entry => entry.Pillow == "huge-not-decoded" && !entry.Path.Contains("008-"))];

        foreach (Entry entry in huge)
            Assert.IsNotNull(Failure(() => Reader.Read(entry.Path)), entry.Path);
        Assert.HasCount(15, huge);
    }

    [TestMethod]
    [DataRow("exif-rot", 22)]
    [DataRow("cmyk", 6)]
    [DataRow("ext-mismatch", 3)]
    [DataRow("gray", 6)]
    [DataRow("arith", 2)]
    [DataRow("apng", 6)]
    public void Read_KindsThatMustBeRead_AreAllRead(string tag, int count)
    {
        Entry[] entries = [.. Catalogue().Where(entry => entry.Pillow == "ok" && entry.Has(tag))];

        Assert.HasCount(count, entries);
        foreach (Entry entry in entries)
            Assert.IsNull(Failure(() => Reader.Read(entry.Path)), entry.Path);
    }

    [TestMethod]
    [DataRow("hopper_orientation_", 12)]
    [DataRow("g4_orientation_", 1)]
    public void Read_SamePictureInManyOrientations_StandsUpright(string name, int tolerance)
    {
        RgbImage[] images = [.. Catalogue().Where(entry => entry.Path.Contains(name) && entry.Path.Contains(".webp") == (tolerance > 1))
            .Select(entry => Reader.Read(entry.Path))];

        Assert.IsGreaterThanOrEqualTo(6, images.Length);
        foreach (RgbImage image in images[1..])
        {
            Assert.AreEqual((images[0].Width, images[0].Height), (image.Width, image.Height));
            Assert.IsLessThanOrEqualTo(tolerance, images[0].Pixels.Zip(image.Pixels, (a, b) => Math.Abs(a - b)).Average());
        }
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Read_EightThreadsAtOnce_GivesWhatOneThreadGives()
    {
        Entry[] entries = Catalogue();
        string[] expected = [.. entries.Select(Outcome)];

        string[][] actual = new string[8][];
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() => actual[i] = [.. entries.Select(Outcome)]))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();

        foreach (string[] outcomes in actual)
            CollectionAssert.AreEqual(expected, outcomes);
    }

    private static string Outcome(Entry entry)
    {
        float[] pixels = new float[Preprocessing.PixelLength];
        string? failure = Failure(() => Reader.ReadPixels(entry.Path, Preprocessing, pixels));
        var hash = new HashCode();
        hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(pixels.AsSpan()));
        return failure ?? $"{hash.ToHashCode()}";
    }

    private static bool Timed(Entry entry, List<string> slow, Action read)
    {
        var watch = Stopwatch.StartNew();
        bool isSound = Failure(read) is null;
        if (watch.Elapsed > TimeSpan.FromSeconds(2))
            slow.Add($"{entry.Path} took {watch.Elapsed}");
        return isSound;
    }

    private static string? Failure(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (ImageDecodeException exception)
        {
            return exception.Reason;
        }
    }

    private static Entry[] Catalogue()
    {
        string folder = TestData.Path("nasty");
        return [.. File.ReadLines(Path.Combine(folder, "CATALOG.tsv")).Skip(1).Select(line => line.Split('\t'))
            .Select(cells => new Entry(Path.Combine(folder, cells[0]), cells[2], cells[4], cells[5]))];
    }
}
