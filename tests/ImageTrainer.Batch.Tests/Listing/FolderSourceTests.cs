using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;

namespace ImageTrainer.Tests.Listing;

[TestClass]
public sealed class FolderSourceTests
{
    private static readonly string[] Files = ["a/z.png", "a-b.png", "a.png", "a/b/c.png", "B.png", "é/x.png", "a0.png", "z.txt"];

    [TestMethod]
    public void List_Folder_IsInTheOrdinalOrderOfWholePaths()
    {
        using TemporaryFolder folder = Write(Files);
        Write(folder, [".hidden.png", ".git/x.png", "Thumbs.db", "a/__MACOSX/x.png", "lost+found/x.png"]);

        string[] paths = [.. new FolderSource(folder.Path).List().Select(image => Path.GetRelativePath(folder.Path, image.Path))];

        CollectionAssert.AreEqual(Files.Order(StringComparer.Ordinal).ToArray(), paths);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    [DataRow(1000)]
    public void SortedNames_AnyWindow_GivesEveryNameOnceInOrder(int windowSize)
    {
        string[] names = [.. Enumerable.Range(0, 50).Select(i => $"{i * 37 % 50}.png")];
        using TemporaryFolder folder = Write(names);

        string[] sorted = [.. SortedNames.Of(folder.Path, windowSize).Select(entry => entry.Name)];

        CollectionAssert.AreEqual(names.Order(StringComparer.Ordinal).ToArray(), sorted);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(1000)]
    public void SortedNames_NamesThatReadAlike_AreAllThere(int windowSize)
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Every name is text there.");
        using var bench = new ScoringBench(1);
        Assert.IsTrue(bench.Shell("mkdir names; cd names; for n in 377 376 375; do : > \"$(printf \"b\\\\$n.png\")\"; done; : > a.png; : > z.png"));

        string[] sorted = [.. SortedNames.Of(bench.Combine("names"), windowSize).Select(entry => entry.Name)];
        // No other way to name them.
        bench.Shell("rm -r names");

        CollectionAssert.AreEqual(new[] { "a.png", "b\uFFFD.png", "b\uFFFD.png", "b\uFFFD.png", "z.png" }, sorted);
    }

    [TestMethod]
    public void Score_NameThatIsNotUtf8_IsSaidToBe()
    {
        if (!OperatingSystem.IsLinux()) Assert.Inconclusive("Every name is text there.");
        using var bench = new ScoringBench(1);
        Assert.IsTrue(bench.Shell("cd photos; mkdir \"$(printf 'folder\\377')\"; echo x > \"$(printf 'image\\377.png')\""));

        bench.Score("scores.csv");
        bench.Shell("rm -r photos");

        StringAssert.EndsWith(bench.Lines("scores.csv.errors.csv")[1], "folder\uFFFD/,the folder cannot be read: its name is not valid UTF-8");
        StringAssert.EndsWith(bench.Lines("scores.csv.errors.csv")[2], "image\uFFFD.png,its name is not valid UTF-8");
    }

    [TestMethod]
    public void List_LinksInCircles_EndsAndFollowsTheOthers()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Links need rights there.");
        using TemporaryFolder folder = Write(["photos/a/1.png", "elsewhere/2.png"]);
        Directory.CreateSymbolicLink(folder.Combine("photos", "a", "up"), folder.Combine("photos"));
        Directory.CreateSymbolicLink(folder.Combine("photos", "other"), folder.Combine("elsewhere"));
        Directory.CreateSymbolicLink(folder.Combine("elsewhere", "loop"), folder.Combine("elsewhere"));

        string[] paths = [.. new FolderSource(folder.Combine("photos")).List().Select(image => Path.GetRelativePath(folder.Path, image.Path))];

        CollectionAssert.AreEqual(new[] { "photos/a/1.png", "photos/other/2.png" }, paths);
    }

    [TestMethod]
    [DataRow("*.png", "B.png a-b.png a.png a0.png")]
    [DataRow("a/*.png", "a/z.png")]
    [DataRow("**/*.png", "B.png a-b.png a.png a/b/c.png a/z.png a0.png é/x.png")]
    [DataRow("?/**/c.*", "a/b/c.png")]
    [DataRow("a?.png", "a0.png")]
    public void List_Pattern_GivesWhatMatches(string pattern, string expected)
    {
        using TemporaryFolder folder = Write(Files);

        var listing = ScoringInput.Parse([Path.Combine(folder.Path, pattern)], () => Stream.Null);

        string[] paths = [.. listing.List().Select(image => Path.GetRelativePath(folder.Path, image.Image.Path))];
        Assert.AreEqual(expected, string.Join(' ', paths));
    }

    [TestMethod]
    public void Parse_PatternWithoutMatch_SaysSo()
    {
        using TemporaryFolder folder = Write(Files);

        var exception = Assert.ThrowsExactly<ScoringInputException>(
            () => ScoringInput.Parse([folder.Combine("*.gif")], () => Stream.Null));

        StringAssert.StartsWith(exception.Message, "No file matches '");
    }

    private static TemporaryFolder Write(string[] files)
    {
        var folder = new TemporaryFolder();
        Write(folder, files);
        return folder;
    }

    private static void Write(TemporaryFolder folder, string[] files)
    {
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.Combine(file))!);
            File.WriteAllText(folder.Combine(file), "");
        }
    }

    [TestMethod]
    public void List_FoldersOfThumbnailsAndDeletedFiles_ArePassedOverAndTold()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", [1]);
        foreach (string name in new[] { "@eaDir", "#recycle", "$RECYCLE.BIN", "a/@eaDir", "lost+found" }) folder.Write($"{name}/2.png", [2]);
        var source = new FolderSource(folder.Path);

        ListedImage image = source.List().Single();

        Assert.AreEqual(folder.Combine("a", "1.png"), image.Path);
        StringAssert.EndsWith(
            source.Notices.Single(), "#recycle, $RECYCLE.BIN, @eaDir, a/@eaDir, lost+found (the system keeps thumbnails or deleted files in it).");
    }
}
