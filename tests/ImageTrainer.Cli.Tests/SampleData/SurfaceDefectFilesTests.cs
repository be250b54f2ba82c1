using ImageTrainer.Cli.SampleData;
using ImageTrainer.Data;

namespace ImageTrainer.Tests.SampleData;

[TestClass]
public sealed class SurfaceDefectFilesTests
{
    private static readonly SurfaceDefectOptions Few = new() { ImagesPerClass = 2, ImageSize = 48 };

    [TestMethod]
    public void WriteTo_NewFolder_HoldsAFolderOfPicturesPerClass()
    {
        using var folder = new TemporaryFolder();

        int count = SurfaceDefectSamples.WriteTo(folder.Combine("new", "set"), Few);

        string[] expected =
        [
            "crack/crack-0000.jpg", "crack/crack-0001.jpg", "dent/dent-0000.jpg", "dent/dent-0001.jpg", "ok/ok-0000.jpg", "ok/ok-0001.jpg",
            "scratch/scratch-0000.jpg", "scratch/scratch-0001.jpg", "stain/stain-0000.jpg", "stain/stain-0001.jpg",
        ];
        Assert.AreEqual(10, count);
        CollectionAssert.AreEqual(expected, FilesOf(folder.Combine("new", "set")));
    }

    [TestMethod]
    public void WriteTo_Twice_GivesTheSameBytes()
    {
        using var folder = new TemporaryFolder();

        SurfaceDefectSamples.WriteTo(folder.Combine("first"), Few);
        SurfaceDefectSamples.WriteTo(folder.Combine("second"), Few);

        foreach (string name in FilesOf(folder.Combine("first")))
            CollectionAssert.AreEqual(File.ReadAllBytes(folder.Combine("first", name)), File.ReadAllBytes(folder.Combine("second", name)), name);
    }

    [TestMethod]
    public void WriteTo_FolderWithAFile_ThrowsAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        folder.Write("notes.txt", "mine");

        var error = Assert.ThrowsExactly<DatasetException>(() => SurfaceDefectSamples.WriteTo(folder.Path, Few));

        Assert.AreEqual(folder.Path, error.Path);
        CollectionAssert.AreEqual(new[] { "notes.txt" }, FilesOf(folder.Path));
        Assert.IsEmpty(Directory.GetDirectories(folder.Path));
    }

    [TestMethod]
    public void WriteTo_SeveralOptionsOutOfRange_NamesThemAll()
    {
        using var folder = new TemporaryFolder();
        var options = new SurfaceDefectOptions { ImagesPerClass = 0, ImageSize = 31, JpegQuality = 101 };

        var error = Assert.ThrowsExactly<ArgumentException>(() => SurfaceDefectSamples.WriteTo(folder.Combine("set"), options));

        foreach (string name in (string[])["ImagesPerClass", "ImageSize", "JpegQuality"])
            StringAssert.Contains(error.Message, name);
        Assert.IsFalse(Directory.Exists(folder.Combine("set")));
    }

    [TestMethod]
    public void WriteTo_CancelledBeforehand_ThrowsAndWritesNoPicture()
    {
        using var folder = new TemporaryFolder();

        Assert.ThrowsExactly<OperationCanceledException>(() => SurfaceDefectSamples.WriteTo(folder.Path, Few, new CancellationToken(true)));

        Assert.IsEmpty(FilesOf(folder.Path));
    }

    [TestMethod]
    public void WriteTo_WithProgress_ReportsEveryCountOnce()
    {
        using var folder = new TemporaryFolder();
        var counts = new Counts();

        SurfaceDefectSamples.WriteTo(folder.Path, Few, counts);

        CollectionAssert.AreEquivalent(Enumerable.Range(1, 10).ToArray(), counts.Reported);
    }

    [TestMethod]
    public void WriteTo_AFileInTheWay_ThrowsAndLeavesIt()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("set", "not a folder");

        var error = Assert.ThrowsExactly<DatasetException>(() => SurfaceDefectSamples.WriteTo(file, Few));

        StringAssert.Contains(error.Message, "is a file");
        Assert.AreEqual("not a folder", File.ReadAllText(file));
    }

    private static string[] FilesOf(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    // Unlike Progress<T>, this one is told at once, on the thread that reports.
    private sealed class Counts : IProgress<int>
    {
        public List<int> Reported { get; } = [];

        public void Report(int value)
        {
            lock (Reported)
                Reported.Add(value);
        }
    }
}
