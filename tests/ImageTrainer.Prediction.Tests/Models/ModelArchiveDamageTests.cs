using System.IO.Compression;
using FsCheck;
using FsCheck.Fluent;
using ImageTrainer.Models;

namespace ImageTrainer.Tests.Models;

[TestClass]
public class ModelArchiveDamageTests
{
    private const int MaxByteCount = 64 << 20;
    private static readonly byte[] Network = ModelArchiveTests.NetworkOf(700);
    private static readonly byte[] Sound = TinyModel.Pack(TinyModel.Manifest(["a", "b"], imageSize: 64), Network);

    [TestMethod]
    public void Read_RandomFlips_GivesTheSameModelOrModelFormatException()
    {
        Property property = Prop.ForAll(Flips(0, maxCount: 5), bits => IsSameOrRefused(Flip(Sound, bits)));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1500).WithReplay(new Replay(new Rnd(1, 1), null)), property);
    }

    [TestMethod]
    public void Read_RandomFlipsInTheDirectory_GivesTheSameModelOrModelFormatException()
    {
        int directory = Sound.AsSpan().IndexOf("PK\u0001\u0002"u8);
        Property property = Prop.ForAll(Flips(directory, maxCount: 8), bits => IsSameOrRefused(Flip(Sound, bits)));

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1500).WithReplay(new Replay(new Rnd(2, 1), null)), property);
    }

    [TestMethod]
    [DataRow(0x01)]
    [DataRow(0x80)]
    [DataRow(0xFF)]
    [TestCategory("Slow")]
    public void Read_AnyByteOfTheFileChanged_GivesTheSameModelOrModelFormatException(int change)
    {
        for (int place = 0; place < Sound.Length; place++)
        {
            byte[] damaged = [.. Sound];
            damaged[place] ^= (byte)change;

            Assert.IsTrue(IsSameOrRefused(damaged), $"byte {place}");
        }
    }

    [TestMethod]
    [TestCategory("Slow")]
    public void Read_AnyByteOfAnEntryChanged_IsModelFormatException()
    {
        Dictionary<string, byte[]> entries = ModelArchiveTests.Entries(Sound);
        byte[] zip = ModelArchiveTests.ZipOf(entries, CompressionLevel.NoCompression);
        foreach ((string name, byte[] content) in entries)
        {
            int start = zip.AsSpan().IndexOf(content);
            for (int place = start; place < start + content.Length; place++)
            {
                zip[place] ^= 0x10;

                ModelFormatException exception = ModelArchiveTests.Refused(zip);

                Assert.AreEqual(ModelFault.Damaged, exception.Fault, $"{name}, byte {place - start}");
                zip[place] ^= 0x10;
            }
        }
    }

    [TestMethod]
    public void Read_EveryTruncation_IsModelFormatException()
    {
        for (int length = 0; length < Sound.Length; length++)
        {
            ModelFormatException exception = ModelArchiveTests.Refused(Sound[..length]);

            Assert.AreEqual(length < 4 ? ModelFault.Foreign : ModelFault.Damaged, exception.Fault, $"{length} bytes");
        }
    }

    /// <summary>Numbers of bits from a byte on.</summary>
    private static Arbitrary<int[]> Flips(int firstByte, int maxCount) => Gen.Choose(1, maxCount)
        .SelectMany(count => Gen.Choose(firstByte * 8, (Sound.Length * 8) - 1).ArrayOf(count))
        .ToArbitrary();

    private static bool IsSameOrRefused(byte[] damaged)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ModelPackage package = ModelArchive.Read(new MemoryStream(damaged), path: null, int.MaxValue);
            return package.Network.AsSpan().StartsWith(Network) && package.Manifest.Labels.SequenceEqual(["a", "b"]);
        }
        catch (ModelFormatException)
        {
            return GC.GetAllocatedBytesForCurrentThread() - before < MaxByteCount;
        }
    }

    private static byte[] Flip(byte[] sound, int[] bits)
    {
        byte[] damaged = [.. sound];
        foreach (int bit in bits)
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
        return damaged;
    }
}
