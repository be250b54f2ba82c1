using System.Collections;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Tests.Quantizing;

[TestClass]
public sealed class CalibrationTests
{
    private static readonly Calibration Example = new(
        [new(new QuantizationRange(0.0123456789f, 0), 1.25e-3), new(new QuantizationRange(float.MaxValue, 201), 0)], ImageCount: 16);

    [TestMethod]
    public void TryLoad_WhatSaveWrote_IsTheSameToTheLastBit()
    {
        using var folder = new TemporaryFolder();
        Example.Save(folder.Combine("new", "a.txt"));

        Calibration loaded = Calibration.TryLoad(folder.Combine("new", "a.txt"), rangeCount: 2)!;

        CollectionAssert.AreEqual(Example.Ranges.ToArray(), loaded.Ranges.ToArray());
        Assert.AreEqual(16, loaded.ImageCount);
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public void Run_CancelledBetweenImages_ThrowsThatAndNothingElse(int threadCount)
    {
        QuantizablePart part = NetworkQuantizer.FindPart(TinyModel.Backbone);
        int side = TinyModel.Backbone.Preprocessing.Width;
        using var source = new CancellationTokenSource();
        var images = new CancellingImages([.. Enumerable.Range(0, 12).Select(_ => new float[3 * side * side])], source);

        Assert.ThrowsExactly<OperationCanceledException>(() => Calibration.Run(part, images, threadCount, source.Token));
    }

    [TestMethod]
    public void TryLoad_AnyByteChanged_GivesNothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Combine("a.txt");
        Example.Save(path);
        byte[] content = File.ReadAllBytes(path);

        for (int i = 0; i < content.Length; i++)
        {
            byte[] damaged = [.. content];
            damaged[i] ^= 4;
            File.WriteAllBytes(path, damaged);
            Assert.IsNull(Calibration.TryLoad(path, rangeCount: 2), $"byte {i}");
        }
    }

    [TestMethod]
    public void TryLoad_MissingCutOrOfAnotherNetwork_GivesNothing()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Combine("a.txt");
        Example.Save(path);

        Assert.IsNull(Calibration.TryLoad(folder.Combine("b.txt"), rangeCount: 2));
        Assert.IsNull(Calibration.TryLoad(path, rangeCount: 3));
        File.WriteAllText(path, File.ReadAllText(path)[..40]);
        Assert.IsNull(Calibration.TryLoad(path, rangeCount: 2));
    }

    [TestMethod]
    public void Save_FolderIsAFile_DoesNothing()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Combine("file"), "");

        Example.Save(folder.Combine("file", "a.txt"));

        Assert.AreEqual(0, new FileInfo(folder.Combine("file")).Length);
    }

    // Cancels when the third image is taken.
    private sealed class CancellingImages(float[][] images, CancellationTokenSource source) : IReadOnlyList<float[]>
    {
        public int Count => images.Length;

        public float[] this[int index]
        {
            get
            {
                if (index == 2) source.Cancel();
                return images[index];
            }
        }

        public IEnumerator<float[]> GetEnumerator() => images.AsEnumerable().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
