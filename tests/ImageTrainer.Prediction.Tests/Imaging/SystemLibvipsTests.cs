using System.ComponentModel;
using System.Diagnostics;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>The system's libvips in place of the packaged one: what it reads, in a process of its own. HEIC files are made by libheif's heif-enc.</summary>
[TestClass]
public sealed class SystemLibvipsTests
{
    private const int NoLibrary = 77;

    private static readonly ImageReader Reader = new();

    [TestMethod]
    public void Read_HeicWithPackagedLibvips_NamesTheSwitch()
    {
        byte[] header = [.. "\0\0\0\u0018ftypmif1\0\0\0\0mif1heic"u8, .. new byte[600]];

        ImageDecodeException exception = Assert.ThrowsExactly<ImageDecodeException>(() => Reader.Read(header));

        Assert.AreEqual(
            "it is a HEIC image, which takes the system's libvips (IMAGETRAINER_LIBVIPS=system; in applications ImageTrainerLibvips)", exception.Reason);
    }

    [TestMethod]
    public void Read_HeicWithSystemsLibvips_GivesThePixels()
    {
        using var folder = new TemporaryFolder();
        RgbImage original = TestImages.Draw(120, 64, (x, y) => ((byte)(x * 2), (byte)(y * 3), 90));
        folder.Write("photo.jpg", Encode(original));

        string[] refusals = Decode(folder);

        Assert.IsEmpty(refusals);
        AssertSamePicture(original, Reader.Read(folder.Combine("photo.jpg.png")));
    }

    [TestMethod]
    public void Read_TurnedHeicWithSystemsLibvips_StandsUpright()
    {
        using var folder = new TemporaryFolder();
        RgbImage original = TestImages.Draw(120, 64, (x, y) => ((byte)(x * 2), (byte)(y * 3), 90));
        folder.Write("turned.heic", Turned(Encode(original)));

        string[] refusals = Decode(folder);

        Assert.IsEmpty(refusals);
        RgbImage upright = TestImages.Draw(64, 120, (x, y) => original.Pixel(119 - y, x));
        AssertSamePicture(upright, Reader.Read(folder.Combine("turned.heic.png")));
    }

    [TestMethod]
    public void Read_CutHeicWithSystemsLibvips_SaysTheFileEndsEarly()
    {
        using var folder = new TemporaryFolder();
        byte[] heic = Encode(TestImages.Noise(120, 90, seed: 21));
        folder.Write("cut.heic", heic.AsSpan(0, heic.Length / 2));

        string[] refusals = Decode(folder);

        CollectionAssert.AreEqual(new[] { "cut.heic: heic: the file ends before the image does" }, refusals);
    }

    [TestMethod]
    public void Read_OtherFormatsWithSystemsLibvips_GiveWhatThePackagedOneGives()
    {
        using var folder = new TemporaryFolder();
        RgbImage original = TestImages.Draw(96, 64, (x, y) => ((byte)(x * 2), (byte)(y * 3), 90));
        foreach (string saver in (string[])["jpeg", "png", "gif", "webp", "tiff"]) folder.Write(saver, TestImages.Encode(original, saver));
        folder.Write("bmp", BitmapFixtures.Rgb24(original));
        folder.Write("avif", TestImages.EncodeAvif(original));
        string[] paths = Directory.GetFiles(folder.Path);

        string[] refusals = Decode(folder);

        Assert.IsEmpty(refusals);
        foreach (string path in paths)
            Assert.IsLessThanOrEqualTo(2, TestImages.LargestDifference(Reader.Read(path), Reader.Read(path + ".png")), path);
    }

    private static void AssertSamePicture(RgbImage expected, RgbImage actual)
    {
        Assert.AreEqual((expected.Width, expected.Height), (actual.Width, actual.Height));
        Assert.IsLessThanOrEqualTo(3, expected.Pixels.Zip(actual.Pixels, (a, b) => Math.Abs(a - b)).Average());
    }

    // A property that nobody needs, the bits of a sample, becomes a quarter turn against the clock (ISO/IEC 23008-12, 6.5.6 and 6.5.10).
    private static byte[] Turned(byte[] heic)
    {
        int bits = heic.AsSpan().IndexOf("pixi"u8);
        Assert.IsGreaterThan(0, bits);
        byte[] turned = [.. heic];
        "irot\u0001"u8.CopyTo(turned.AsSpan(bits));
        return turned;
    }

    private static byte[] Encode(RgbImage image)
    {
        using var work = new TemporaryFolder();
        image.SavePng(work.Combine("image.png"));
        Run("heif-enc", ["-q", "95", "-o", work.Combine("image.heic"), work.Combine("image.png")], out _);
        if (!File.Exists(work.Combine("image.heic"))) Assert.Inconclusive("heif-enc has no encoder for HEVC here.");
        return File.ReadAllBytes(work.Combine("image.heic"));
    }

    // Puts a PNG beside each image, and gives what is said of those that cannot be read.
    private static string[] Decode(TemporaryFolder folder)
    {
        string worker = Path.Combine(AppContext.BaseDirectory, "ImageTrainer.Tests.Worker.dll");
        int exitCode = Run("dotnet", [worker, "decode-by-system", folder.Path], out string output);
        if (exitCode == NoLibrary) Assert.Inconclusive("The system has no libvips (on Debian: apt-get install libvips42).");
        Assert.AreEqual(0, exitCode, output);
        return output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private static int Run(string program, string[] arguments, out string output)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception)
        {
            Assert.Inconclusive($"{program} is not installed (heif-enc on Debian: apt-get install libheif-examples).");
            throw;
        }
    }
}
