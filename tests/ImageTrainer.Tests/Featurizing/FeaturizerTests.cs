using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Tests.Featurizing;

[TestClass]
public class FeaturizerTests
{
    private const int CountPerKind = 5;

    [TestMethod]
    public void Featurize_SecondRun_TakesAllRowsFromTheCacheBitForBit()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));

        FeaturizedImages cold = Featurize(dataset, Cache(folder));
        FeaturizedImages warm = Featurize(dataset, Cache(folder));

        Assert.AreEqual((0, 15), (cold.CachedCount, warm.CachedCount));
        Assert.AreEqual((15, 512), (cold.Features.RowCount, cold.Features.ColumnCount));
        AssertSameRows(cold, warm);
        CollectionAssert.AreEqual(dataset.Images.ToArray(), warm.Images.ToArray());
        CollectionAssert.AreEqual(cold.ContentHashes.ToArray(), warm.ContentHashes.ToArray());
        Assert.AreEqual(ContentHash.Of(File.ReadAllBytes(dataset.Images[7].Path)), warm.ContentHashes[7]);
    }

    [TestMethod]
    public void Featurize_OneFileChanged_ComputesThatOneAlone()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));
        FeaturizedImages before = Featurize(dataset, Cache(folder));
        Drawings.Draw("disc", 1000).SavePng(dataset.Images[6].Path);

        FeaturizedImages after = Featurize(dataset, Cache(folder));

        Assert.AreEqual(14, after.CachedCount);
        AssertSameRows(Featurize(dataset, cache: null), after);
        int[] changed = [.. Enumerable.Range(0, 15).Where(row => !before.Features.Row(row).SequenceEqual(after.Features.Row(row)))];
        CollectionAssert.AreEqual(new[] { 6 }, changed);
    }

    [TestMethod]
    public void Featurize_OtherImageSize_TakesNothingFromTheCache()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 1));
        Featurize(dataset, Cache(folder));

        using var other = new Featurizer(TinyModel.LoadBackbone(imageSize: 96), ComputeDevice.Cpu, threadCount: 2, Cache(folder));

        Assert.AreEqual(0, other.Featurize(dataset, null, CancellationToken.None).CachedCount);
    }

    [TestMethod]
    public void Featurize_BegunBefore_GivesTheSameRowsAndTellsOfEveryImage()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));
        ImageDataset other = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "others", countPerKind: 1));
        using var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount: 2, cache: null);
        var progress = new Recorder<FeaturizingProgress>();

        featurizer.Begin(dataset);
        FeaturizedImages between = featurizer.Featurize(other, null, CancellationToken.None);
        FeaturizedImages images = featurizer.Featurize(dataset, progress, CancellationToken.None);

        AssertSameRows(Featurize(dataset, cache: null), images);
        AssertSameRows(Featurize(other, cache: null), between);
        Assert.AreEqual(new FeaturizingProgress(15, 15, 0, 0), progress.Items[^1]);
    }

    [TestMethod]
    public void Featurize_BegunAndCancelled_StopsWaiting()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));
        using var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount: 1, cache: null);

        featurizer.Begin(dataset);

        Assert.ThrowsExactly<OperationCanceledException>(() => featurizer.Featurize(dataset, null, new CancellationToken(canceled: true)));
    }

    [TestMethod]
    public void Dispose_WhileFeaturesAreComputedAhead_EndsTheWorkInOrder()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 40));
        var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount: 1, Cache(folder));

        featurizer.Begin(dataset);
        featurizer.Dispose();

        Assert.IsLessThan(120, Featurize(dataset, Cache(folder)).CachedCount);
    }

    [TestMethod]
    public void Featurize_NoCache_ComputesEveryTimeAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 2));
        string[] files = Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories);

        FeaturizedImages first = Featurize(dataset, cache: null);
        FeaturizedImages second = Featurize(dataset, cache: null);

        Assert.AreEqual((0, 0), (first.CachedCount, second.CachedCount));
        AssertSameRows(first, second);
        CollectionAssert.AreEquivalent(files, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(2)]
    [DataRow(5)]
    public void Featurize_AnyThreadCount_GivesTheSameBits(int threadCount)
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));
        FeaturizedImages expected = Featurize(dataset, cache: null);

        FeaturizedImages images = Featurize(dataset, cache: null, threadCount: threadCount);

        AssertSameRows(expected, images);
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Featurize_BadImages_AreCollectedInOrderWithTheirReasons(bool withCache)
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));
        byte[] png = File.ReadAllBytes(dataset.Images[2].Path);
        File.WriteAllBytes(dataset.Images[2].Path, png.AsSpan(0, png.Length / 2));
        File.Delete(dataset.Images[5].Path);
        File.WriteAllText(dataset.Images[14].Path, "not an image any more");
        var progress = new Recorder<FeaturizingProgress>();

        FeaturizedImages images = Featurize(dataset, withCache ? Cache(folder) : null, progress);

        CollectionAssert.AreEqual(
            new[] { dataset.Images[2], dataset.Images[5], dataset.Images[14] }, images.BadImages.Select(bad => bad.Image).ToArray());
        Assert.AreEqual("there is no such file", images.BadImages[1].Reason);
        Assert.IsTrue(images.BadImages.All(bad => bad.Reason.Length > 0 && !bad.Reason.EndsWith('.')));
        CollectionAssert.AreEqual(dataset.Images.Except(images.BadImages.Select(bad => bad.Image)).ToArray(), images.Images.ToArray());
        Assert.AreEqual((12, 12), (images.Features.RowCount, images.ContentHashes.Count));
        Assert.AreEqual(new FeaturizingProgress(15, 15, 0, 3), progress.Items[^1]);
    }

    [TestMethod]
    public void Featurize_SomeImagesBad_KeepsTheRowsOfTheOthersInPlace()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", CountPerKind));
        FeaturizedImages all = Featurize(dataset, cache: null);
        File.WriteAllText(dataset.Images[3].Path, "");

        FeaturizedImages images = Featurize(dataset, cache: null);

        int[] expectedRows = [0, 1, 2, .. Enumerable.Range(4, 11)];
        CollectionAssert.AreEqual(all.Features.Rows(expectedRows).Values.ToArray(), images.Features.Values.ToArray());
    }

    [TestMethod]
    public void Featurize_AllImagesBad_GivesNoRowsAndAllReasons()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 1));
        foreach (LabeledImage image in dataset.Images) File.Delete(image.Path);

        FeaturizedImages images = Featurize(dataset, Cache(folder));

        Assert.AreEqual((0, 3), (images.Features.RowCount, images.BadImages.Count));
    }

    [TestMethod]
    public void Featurize_Cancelled_KeepsWhatWasReportedInTheCache()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 12));
        using var source = new CancellationTokenSource();
        var progress = new Recorder<FeaturizingProgress>(item =>
        {
            if (item.DoneCount == 10) source.Cancel();
        });

        Assert.Throws<OperationCanceledException>(() => Featurize(dataset, Cache(folder), progress, cancellationToken: source.Token));
        FeaturizedImages images = Featurize(dataset, Cache(folder));

        Assert.IsTrue(progress.Items[^1].DoneCount is >= 10 and < 36, progress.Items[^1].ToString());
        Assert.AreEqual(progress.Items[^1].DoneCount, images.CachedCount);
        AssertSameRows(Featurize(dataset, cache: null), images);
    }

    [TestMethod]
    public void Featurize_ManyThreads_ReportsEveryImageOnceInOrder()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 8));
        Featurize(ImageDataset.FromImages(dataset.Images.Take(7)), Cache(folder));
        var progress = new Recorder<FeaturizingProgress>();

        Featurize(dataset, Cache(folder), progress, threadCount: 4);

        CollectionAssert.AreEqual(
            Enumerable.Range(1, 24).Select(done => new FeaturizingProgress(done, 24, Math.Min(done, 7), 0)).ToArray(), progress.Items.ToArray());
    }

    [TestMethod]
    public void Featurize_AfterDispose_Throws()
    {
        using var folder = new TemporaryFolder();
        ImageDataset dataset = ImageDataset.FromFolder(Drawings.WriteDataset(folder, "images", countPerKind: 1));
        var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount: 1, Cache(folder));

        featurizer.Dispose();
        featurizer.Dispose();

        Assert.ThrowsExactly<ObjectDisposedException>(() => featurizer.Featurize(dataset, null, CancellationToken.None));
    }

    /// <summary>Runs a new featurizer, as the next process would.</summary>
    internal static FeaturizedImages Featurize(
        ImageDataset dataset, FeatureCacheOptions? cache, IProgress<FeaturizingProgress>? progress = null, int threadCount = 2,
        CancellationToken cancellationToken = default)
    {
        using var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount, cache);
        return featurizer.Featurize(dataset, progress, cancellationToken);
    }

    internal static void AssertSameRows(FeaturizedImages expected, FeaturizedImages actual) =>
        CollectionAssert.AreEqual(expected.Features.Values.ToArray(), actual.Features.Values.ToArray());

    private static FeatureCacheOptions Cache(TemporaryFolder folder) => new() { Folder = folder.Combine("cache") };
}
