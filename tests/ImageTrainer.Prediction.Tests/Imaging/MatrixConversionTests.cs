using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

/// <summary>Holds the conversion of matrix profiles against lcms, which libvips converts by.</summary>
[TestClass]
public sealed class MatrixConversionTests
{
    private static readonly ImageReader Reader = new();

    [TestMethod]
    public void Read_MatrixProfiles_GiveWhatLcmsGives()
    {
        byte[] original = TestImages.Noise(64, 64, seed: 7).EncodePng();
        byte[][] profiles = [IccProfiles.SwappedRedAndBlue(), IccProfiles.Linear(), IccProfiles.WideGamut()];

        foreach (byte[] profile in profiles)
        {
            byte[] png = TestImages.WithPngProfile(original, profile);
            AssertNear(ReadByLcms(png), Reader.Read(png).Pixels, "a drawn profile");
        }
    }

    [TestMethod]
    public void Read_PhotosWithMatrixProfiles_GiveWhatLcmsGives()
    {
        string[] photos = [.. Directory.GetFiles(TestData.Path("flower_photos"), "*.jpg", SearchOption.AllDirectories).Order().Where(NeedsConversion)];

        Assert.IsTrue(photos.Length > 50, $"{photos.Length} photos have a profile to convert by");
        foreach (string photo in photos)
        {
            byte[] jpeg = File.ReadAllBytes(photo);
            AssertNear(ReadByLcms(jpeg), Reader.Read(jpeg).Pixels, photo);
        }
    }

    [TestMethod]
    public void From_ProfileOfAnotherKind_IsNull()
    {
        byte[] profile = IccProfiles.WideGamut();
        Assert.IsNotNull(MatrixConversion.From(new IccProfile(profile)));

        byte[] ofLab = [.. profile];
        "Lab "u8.CopyTo(ofLab.AsSpan(20));
        byte[] ofTables = [.. profile];
        "A2B0"u8.CopyTo(ofTables.AsSpan(132));

        Assert.IsNull(MatrixConversion.From(new IccProfile(ofLab)));
        Assert.IsNull(MatrixConversion.From(new IccProfile(ofTables)));
    }

    [TestMethod]
    public void From_DamagedProfile_IsNullOrConverts()
    {
        byte[] profile = IccProfiles.WideGamut();
        byte[] pixels = [0, 128, 255, 1, 2, 3];
        var random = new Random(3);
        for (int i = 0; i < 3000; i++)
        {
            byte[] damaged = [.. profile[..random.Next(profile.Length + 1)]];
            for (int j = 0; j < 8 && damaged.Length > 0; j++) damaged[random.Next(Math.Min(damaged.Length, 400))] = (byte)random.Next(256);
            MatrixConversion.From(new IccProfile(damaged))?.Apply([.. pixels]);
        }
    }

    // lcms rounds its own tables: a pixel may come out one step away.
    private static void AssertNear(byte[] expected, byte[] actual, string what)
    {
        Assert.AreEqual(expected.Length, actual.Length, what);
        int worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        Assert.IsTrue(worst <= 1, $"{what}: {worst} steps apart");
    }

    private static bool NeedsConversion(string path)
    {
        using VipsSource source = Open(File.ReadAllBytes(path));
        IccProfile profile = new(source.Load(1).EmbeddedProfile());
        return MatrixConversion.From(profile) is not null && !SrgbProfile.Describes(profile);
    }

    private static byte[] ReadByLcms(byte[] file)
    {
        using VipsSource source = Open(file);
        using var chain = new VipsChain(source.Load(1));
        ColourConversion.Flatten(chain);
        ColourConversion.TryApplyEmbedded(chain);
        byte[] pixels = new byte[source.Width * source.Height * 3];
        chain.Image.Read(new PixelArea(0, 0, source.Width, source.Height), (y, row) => row.CopyTo(pixels.AsSpan(y * row.Length)));
        return pixels;
    }

    private static VipsSource Open(byte[] file)
    {
        VipsLibrary.Start();
        return VipsSource.Open(EncodedImage.Recognise(file, path: null));
    }
}
