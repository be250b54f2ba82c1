using System.Text;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;

namespace ImageTrainer.Tests.Runs;

[TestClass]
public sealed class ImageInputsTests
{
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE0];
    private static readonly Action<string> Ignore = _ => { };

    [TestMethod]
    public void Expand_Files_KeepsOrderAndMissingOnes()
    {
        using var folder = new TemporaryFolder();
        string b = folder.Write("b.jpg", Jpeg);
        string a = folder.Write("a.jpg", Jpeg);

        IReadOnlyList<string> paths = ImageInputs.Expand([b, "missing.jpg", a], Ignore);

        CollectionAssert.AreEqual(new[] { b, "missing.jpg", a }, paths.ToArray());
    }

    [TestMethod]
    public void Expand_Folder_TakesImagesByContentInOrdinalOrder()
    {
        using var folder = new TemporaryFolder();
        string second = folder.Write("b/no extension", Jpeg);
        string first = folder.Write("B.txt", Jpeg);
        folder.Write("b/.hidden.jpg", Jpeg);
        folder.Write("b/text.jpg", "text");
        folder.Write("empty.jpg", "");
        var notices = new List<string>();

        IReadOnlyList<string> paths = ImageInputs.Expand([folder.Path], notices.Add);

        CollectionAssert.AreEqual(new[] { first, second }, paths.ToArray());
        Assert.AreEqual(
            $"Passed over in '{folder.Path}', no images: {folder.Combine("b", "text.jpg")}, {folder.Combine("empty.jpg")}.", notices.Single());
    }

    [TestMethod]
    public void Expand_FolderThatContainsALinkToItself_TakesEachImageOnce()
    {
        using var folder = new TemporaryFolder();
        string image = folder.Write("a/x.jpg", Jpeg);
        Directory.CreateSymbolicLink(folder.Combine("a", "again"), folder.Path);
        var notices = new List<string>();

        IReadOnlyList<string> paths = ImageInputs.Expand([folder.Path], notices.Add);

        Assert.AreEqual(image, paths.Single());
        StringAssert.Contains(notices.Single(), "a/again");
    }

    [TestMethod]
    public void Expand_FolderWithoutImages_Throws()
    {
        using var folder = new TemporaryFolder();

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageInputs.Expand([folder.Path], Ignore));

        Assert.AreEqual($"The folder '{folder.Path}' has no images; name images, or a folder with some.", exception.Message);
    }

    [TestMethod]
    [DataRow("*.jpg", "a.jpg;b.jpg")]
    [DataRow("*/?.png", "x/1.png;x/2.png")]
    [DataRow("**/*.png", "x/1.png;x/2.png;x/y/3.png")]
    [DataRow("x/**", "x/1.png;x/2.png;x/y/3.png")]
    public void Expand_Pattern_GivesMatchesInOrdinalOrder(string pattern, string expected)
    {
        using var folder = new TemporaryFolder();
        foreach (string name in (string[])["b.jpg", "a.jpg", "x/2.png", "x/1.png", "x/y/3.png"]) folder.Write(name, Jpeg);

        IReadOnlyList<string> paths = ImageInputs.Expand([folder.Combine(pattern)], Ignore);

        CollectionAssert.AreEqual(expected.Split(';').Select(name => folder.Combine(name)).ToArray(), paths.ToArray());
    }

    [TestMethod]
    public void Expand_FileWhoseNameHasAStar_IsThatFile()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("No file can have that name there.");
        using var folder = new TemporaryFolder();
        string star = folder.Write("a*.jpg", Jpeg);
        folder.Write("ab.jpg", Jpeg);

        IReadOnlyList<string> paths = ImageInputs.Expand([star], Ignore);

        Assert.AreEqual(star, paths.Single());
    }

    [TestMethod]
    public void Expand_PatternAndANameThatEndsInALineBreak_IsNoMatch()
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("No file can have that name there.");
        using var folder = new TemporaryFolder();
        string plain = folder.Write("a.jpg", Jpeg);
        folder.Write("b.jpg\n", Jpeg);

        IReadOnlyList<string> paths = ImageInputs.Expand([folder.Combine("*.jpg")], Ignore);

        Assert.AreEqual(plain, paths.Single());
    }

    [TestMethod]
    public void Expand_PatternWithoutMatch_Throws()
    {
        UsageException exception = Assert.ThrowsExactly<UsageException>(() => ImageInputs.Expand(["nowhere/*.jpg"], Ignore));

        Assert.AreEqual("No file matches 'nowhere/*.jpg'.", exception.Message);
    }

    [TestMethod]
    public void Expand_EmptyFolderAndPatternWithoutMatchAmongOthers_KeepsThemAndTells()
    {
        using var folder = new TemporaryFolder();
        string image = folder.Write("a.jpg", Jpeg);
        string empty = Directory.CreateDirectory(folder.Combine("empty")).FullName;
        string pattern = folder.Combine("*.png");
        var notices = new List<string>();

        IReadOnlyList<string> paths = ImageInputs.Expand([empty, pattern, image], notices.Add);

        CollectionAssert.AreEqual(new[] { empty, pattern, image }, paths.ToArray());
        Assert.AreEqual(2, notices.Count);
        Assert.AreEqual($"The folder '{empty}' has no images; name images, or a folder with some.", notices[0]);
        Assert.AreEqual($"No file matches '{pattern}'.", notices[1]);
    }

    [TestMethod]
    public void Read_Paths_GivesLinesWithoutEmptyOnes()
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes("\uFEFFa b.jpg\r\n\r\n蓝.png\nlast"));

        PipedInput input = PipedInput.Read(stream);

        Assert.IsNull(input.Image);
        CollectionAssert.AreEqual(new[] { "a b.jpg", "蓝.png", "last" }, input.Paths.ToArray());
    }

    [TestMethod]
    [DataRow(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 })]
    [DataRow(new byte[] { 0x41, 0x00, 0x42 })]
    [DataRow(new byte[] { 0x01, 0xC3, 0x28 })]
    public void Read_NoText_IsAnImage(byte[] content)
    {
        PipedInput input = PipedInput.Read(new MemoryStream(content));

        CollectionAssert.AreEqual(content, input.Image!.Value.ToArray());
        Assert.AreEqual(0, input.Paths.Count);
    }

    [TestMethod]
    public void Read_PathsOfWhichOneIsNoUtf8_GivesAllLines()
    {
        byte[] list = [.. "a.jpg\nb"u8, 0xE4, .. ".jpg\nc.jpg"u8];

        PipedInput input = PipedInput.Read(new MemoryStream(list));

        CollectionAssert.AreEqual(new[] { "a.jpg", "b\uFFFD.jpg", "c.jpg" }, input.Paths.ToArray());
    }

    [TestMethod]
    public void Read_PathsSeparatedByNul_Throws()
    {
        using var stream = new MemoryStream([.. "a.jpg\0b.jpg\0"u8]);

        UsageException exception = Assert.ThrowsExactly<UsageException>(() => PipedInput.Read(stream));

        StringAssert.StartsWith(exception.Message, "The paths on standard input are separated by NUL;");
    }

    [TestMethod]
    public void Read_Drawing_IsAnImage()
    {
        byte[] drawing = [.. "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\">\n</svg>\n"u8];

        PipedInput input = PipedInput.Read(new MemoryStream(drawing));

        Assert.IsNotNull(input.Image);
    }
}
