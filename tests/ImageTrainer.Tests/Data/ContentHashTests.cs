using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class ContentHashTests
{
    [TestMethod]
    public void Of_KnownText_IsItsSha256()
    {
        var hash = ContentHash.Of("abc"u8);

        // FIPS 180-2, appendix B.1.
        Assert.AreEqual("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hash.ToString());
    }

    [TestMethod]
    public void CopyTo_ThenRead_IsTheSameHash()
    {
        var hash = ContentHash.Of("abc"u8);
        byte[] bytes = new byte[ContentHash.ByteCount];

        hash.CopyTo(bytes);

        Assert.AreEqual(hash, new ContentHash(bytes));
        Assert.AreEqual(hash.ToString(), Convert.ToHexStringLower(bytes));
    }

    [TestMethod]
    public void HashFile_LargerThanTheBuffer_IsTheHashOfItsBytes()
    {
        using var folder = new TemporaryFolder();
        byte[] content = new byte[300_000];
        new Random(1).NextBytes(content);
        string path = folder.Write("large.bin", content);

        ContentHash hash = ContentHasher.HashFile(path);

        Assert.AreEqual(ContentHash.Of(content), hash);
    }

    [TestMethod]
    public void HashFiles_OneIsGone_NamesIt()
    {
        using var folder = new TemporaryFolder();
        string present = folder.Write("present.bin", "x");
        string gone = folder.Combine("gone.bin");

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ContentHasher.HashFiles([present, gone]));

        Assert.AreEqual(gone, exception.Path);
    }

    [TestMethod]
    public void HashFiles_Cancelled_Stops()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("a.bin", "x");

        Assert.ThrowsExactly<OperationCanceledException>(() => ContentHasher.HashFiles([path], new CancellationToken(canceled: true)));
    }
}
