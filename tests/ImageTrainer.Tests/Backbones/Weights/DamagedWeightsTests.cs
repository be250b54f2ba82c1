using FsCheck;
using FsCheck.Fluent;
using ImageTrainer.Backbones;
using ImageTrainer.Networks;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>Cuts files short and flips their bits: each ends loaded or as a BackboneException, soon and within little memory.</summary>
[TestClass]
public sealed class DamagedWeightsTests
{
    private const int RoundCount = 150;

    // Where the structure is; bits of weights seldom make a difference.
    private const int HeaderLength = 8192;
    // What a load may allocate in all, in bytes; the undamaged ResNet-10 takes 30 MB.
    private const long MaxMemory = 256L << 20;

    [TestMethod]
    [TestCategory("Slow")]
    public void Load_DamagedSafetensors_IsLoadedOrRefused() => CheckDamaged(SafetensorsWriter.Write(ResNetFixture.ResNet10, "F16"));

    [TestMethod]
    [TestCategory("Slow")]
    public void Load_DamagedTorchZip_IsLoadedOrRefused() => CheckDamaged(TorchWriter.Zip(ResNetFixture.ResNet10, "F16"));

    [TestMethod]
    [TestCategory("Slow")]
    public void Load_DamagedTorchLegacy_IsLoadedOrRefused() => CheckDamaged(TorchWriter.Legacy(ResNetFixture.ResNet10, "F16"));

    [TestMethod]
    [TestCategory("Slow")]
    public void Load_DamagedOnnx_IsLoadedOrRefused() => CheckDamaged(OnnxFixture.Write());

    [TestMethod]
    [TestCategory("Slow")]
    public void Load_DamagedOnnxResNet_IsLoadedOrRefused() =>
        CheckDamaged(OnnxResNetWriter.Write(ResNetArchitecture.Find("resnet10")!, ResNetFixture.ResNet10));

    private static void CheckDamaged(byte[] file)
    {
        Prop.ForAll<int>(seed => EndsWell(Damage(file, new System.Random(seed))))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(RoundCount));
    }

    private static bool EndsWell(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isWell;
        try
        {
            isWell = WeightFixture.Load(file).FeatureCount > 0;
        }
        catch (BackboneException exception)
        {
            isWell = exception.Message.Contains(WeightFixture.FileName, StringComparison.Ordinal);
        }

        return isWell && GC.GetAllocatedBytesForCurrentThread() - before < MaxMemory;
    }

    private static byte[] Damage(byte[] file, System.Random random)
    {
        byte[] damaged = file[..(random.Next(3) == 0 ? random.Next(file.Length) : file.Length)];
        for (int flips = random.Next(1, 4); flips > 0 && damaged.Length > 0; flips--)
        {
            int reach = random.Next(4) == 0 ? damaged.Length : Math.Min(HeaderLength, damaged.Length);
            int place = random.Next(reach);
            damaged[random.Next(2) == 0 ? place : damaged.Length - 1 - place] ^= (byte)(1 << random.Next(8));
        }

        return damaged;
    }
}
