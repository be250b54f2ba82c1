using ImageTrainer.Data;
using ImageTrainer.Imaging;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Tests.Training.Augmentation;

[TestClass]
public sealed class ImageAugmentationTests
{
    private static readonly ImagePreprocessing Small = new() { Width = 48, Height = 32 };

    [TestMethod]
    public void Read_AnyOrderAndThread_DependsOnSeedEpochAndImageAlone()
    {
        using var bench = new TrainingBench();
        ImageDataset images = bench.Draw("images", 3);
        ImageAugmentation forwards = Create(images, 1), backwards = Create(images, 1);
        float[][] expected = [.. Enumerable.Range(0, 9).Select(i => Read(forwards, 2, i))];

        float[][] parallel = new float[9][];
        Parallel.For(0, 9, i => parallel[8 - i] = Read(backwards, 2, 8 - i));

        for (int i = 0; i < 9; i++) CollectionAssert.AreEqual(expected[i], parallel[i]);
    }

    [TestMethod]
    public void Read_AnotherEpochOrSeed_GivesAnotherPicture()
    {
        using var bench = new TrainingBench();
        ImageDataset images = bench.Draw("images", 3);

        float[] picture = Read(Create(images, 1), 1, 0);

        CollectionAssert.AreNotEqual(picture, Read(Create(images, 1), 2, 0));
        CollectionAssert.AreNotEqual(picture, Read(Create(images, 2), 1, 0));
    }

    [TestMethod]
    public void WriteTarget_MixedPictures_SharesAddUpToOneWithTheOwnClassAhead()
    {
        using var bench = new TrainingBench();
        ImageDataset images = bench.Draw("images", 3);
        ImageAugmentation augmentation = Create(images, 1);
        int mixedCount = 0;

        for (int epoch = 1; epoch <= 20; epoch++)
        {
            float[] target = new float[3];
            augmentation.WriteTarget(epoch, 4, target);
            Assert.AreEqual(1, target.Sum(), 1e-6f);
            Assert.IsGreaterThan(0.4f, target[1]);
            if (target[1] < 1) mixedCount++;
        }

        Assert.IsInRange(1, 19, mixedCount);
    }

    [TestMethod]
    public void Apply_TheWholePictureMirrored_IsThePictureMirrored()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 4 * 2).Select(i => (byte)(i * 10))];
        var picture = new RgbImage(4, 2, pixels);
        float[] result = new float[pixels.Length];

        PictureWarp.Apply(picture, System.Numerics.Matrix3x2.CreateScale(-1, 1), (4, 2), result);

        for (int i = 0; i < 8; i++)
            Assert.AreEqual(pixels[(((i / 4) * 4) + 3 - (i % 4)) * 3], result[i], 1e-3f);
    }

    private static ImageAugmentation Create(ImageDataset images, int seed) => new(
        AugmentationStrength.Of(AugmentationPreset.Strong, 0),
        [.. images.Images.Select(image => image.Path)],
        [.. Enumerable.Range(0, images.Images.Count).Select(i => i / 3)],
        Small,
        seed);

    private static float[] Read(ImageAugmentation augmentation, int epoch, int image)
    {
        float[] pixels = new float[Small.PixelLength];
        augmentation.Read(epoch, image, pixels);
        return pixels;
    }
}
