using System.Runtime.InteropServices;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>
/// Native libraries write to file descriptors 1 and 2, past anything that Console can redirect. So both are pointed at a file
/// while damaged images are read.
/// </summary>
[TestClass]
[DoNotParallelize]
public sealed partial class ConsoleSilenceTests
{
    [TestMethod]
    [TestCategory(TestData.Category)]
    public void Read_NastyImages_WritesNothingToTheConsole()
    {
        string[] paths = Directory.GetFiles(TestData.Path("nasty"));

        Assert.AreEqual("", Captured(() => ReadAll(paths.Select(File.ReadAllBytes))));
    }

    [TestMethod]
    public void Read_DamagedImages_WritesNothingToTheConsole()
    {
        RgbImage image = TestImages.Noise(80, 60, seed: 18);
        byte[][] whole = [.. ((string[])["jpeg", "png", "gif", "webp", "tiff"]).Select(saver => TestImages.Encode(image, saver))];
        byte[][] broken = [.. whole.Select(content => content[..(content.Length / 2)]), .. whole.Select(Overwritten)];

        Assert.AreEqual("", Captured(() => ReadAll(broken)));
    }

    private static byte[] Overwritten(byte[] content)
    {
        content = [.. content];
        content.AsSpan(content.Length / 2, 100).Fill(0x55);
        return content;
    }

    private static void ReadAll(IEnumerable<byte[]> contents)
    {
        var reader = new ImageReader();
        int count = 0;
        foreach (byte[] content in contents)
        {
            try
            {
                reader.Read(content);
            }
            catch (ImageDecodeException)
            {
                count++;
            }
        }

        Assert.IsGreaterThan(3, count);
    }

    private static string Captured(Action action)
    {
        if (OperatingSystem.IsWindows())
            Assert.Inconclusive("File descriptors are redirected through the C library of Linux and macOS.");
        using var folder = new TemporaryFolder();
        string path = folder.Write("console.txt", "");
        using (FileStream file = new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
        {
            _ = Flush(0);
            int[] saved = [Duplicate(1), Duplicate(2)];
            _ = DuplicateTo((int)file.SafeFileHandle.DangerousGetHandle(), 1);
            _ = DuplicateTo((int)file.SafeFileHandle.DangerousGetHandle(), 2);
            try
            {
                action();
            }
            finally
            {
                _ = Flush(0);
                _ = DuplicateTo(saved[0], 1);
                _ = DuplicateTo(saved[1], 2);
                _ = Close(saved[0]);
                _ = Close(saved[1]);
            }
        }

        return File.ReadAllText(path);
    }

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int DuplicateTo(int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "fflush")]
    private static partial int Flush(nint stream);
}
