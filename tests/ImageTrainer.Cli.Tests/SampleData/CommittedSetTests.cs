using ImageTrainer.Cli.SampleData;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.SampleData;

/// <summary>The set in datasets/surface-defects is what the code draws, and stays small.</summary>
[TestClass]
public sealed class CommittedSetTests
{
    // JPEG of quality 92 is off by 0.7 to 1.4 grey levels on these pictures; another picture is off by more than 5.
    private const double JpegTolerance = 2;

    private static readonly SurfaceDefectOptions Default = new();

    private static readonly string Folder = Path.Combine(RepositoryRoot(), "datasets", "surface-defects");

    [TestMethod]
    [DataRow("crack", 0)]
    [DataRow("dent", 13)]
    [DataRow("ok", 39)]
    [DataRow("scratch", 27)]
    [DataRow("stain", 8)]
    public void CommittedPicture_DrawnAgain_IsTheSame(string label, int index)
    {
        RgbImage committed = new ImageReader().Read(SurfaceDefectSamples.PathOf(Folder, label, index));

        RgbImage drawn = SurfaceDefectSamples.Draw(label, index, Default);

        Assert.AreEqual((drawn.Width, drawn.Height), (committed.Width, committed.Height));
        Assert.IsLessThan(JpegTolerance, Pictures.MeanDifference(committed, drawn));
    }

    [TestMethod]
    public void CommittedSet_Always_HoldsTheDefaultNumberInUnderThreeMegabytes()
    {
        var files = new DirectoryInfo(Folder).GetFiles("*.jpg", SearchOption.AllDirectories);

        Assert.HasCount(SurfaceDefectSamples.Labels.Count * Default.ImagesPerClass, files);
        Assert.IsLessThan(3_000_000, files.Sum(file => file.Length));
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ImageTrainer.sln")))
            folder = folder.Parent;
        Assert.IsNotNull(folder, "The tests run outside the repository.");
        return folder.FullName;
    }
}
