using FsCheck;
using FsCheck.Fluent;
using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Featurizing;

[TestClass]
public class FeatureCacheDamageTests
{
    private const int RowCount = 12;

    [TestMethod]
    public void TryRead_RandomFlipsAndTruncations_GivesTheRightRowOrNone()
    {
        using var folder = new TemporaryFolder();
        FeatureCacheTests.Fill(folder, 0, RowCount);
        string path = FeatureCacheTests.Segments(folder).Single();
        byte[] sound = File.ReadAllBytes(path);
        Arbitrary<int[]> flips = Gen.Choose(0, (sound.Length * 8) - 1).ArrayOf(3).ToArbitrary();
        Arbitrary<int> lengths = Gen.Frequency((1, Gen.Choose(0, sound.Length)), (1, Gen.Constant(sound.Length))).ToArbitrary();

        Property property = Prop.ForAll(flips, lengths, (bits, length) =>
        {
            byte[] damaged = sound[..length];
            foreach (int bit in bits.Where(bit => bit / 8 < length))
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(path, damaged);
            return LosesNoMoreThanWasDamaged(folder, bits, length);
        });

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(new Replay(new Rnd(1, 1), null)), property);
    }

    private static bool LosesNoMoreThanWasDamaged(TemporaryFolder folder, int[] bits, int length)
    {
        using FeatureCache cache = FeatureCacheTests.Open(folder);
        int recordLength = new FeatureCacheFormat(new byte[32], FeatureCacheTests.Row(0).Length).RecordLength;
        bool headerSound = length >= FeatureCacheFormat.HeaderLength && Sound(bits, 0, FeatureCacheFormat.HeaderLength);
        float[] row = FeatureCacheTests.Row(0);
        for (int i = 0; i < RowCount; i++)
        {
            int start = FeatureCacheFormat.HeaderLength + (i * recordLength);
            bool expected = headerSound && start + recordLength <= length && Sound(bits, start, start + recordLength);
            bool found = cache.TryRead(FeatureCacheTests.Hash(i), row);
            if (found != expected || (found && !row.SequenceEqual(FeatureCacheTests.Row(i))))
                return false;
        }

        return true;
    }

    /// <summary>Whether every bit of a range was flipped an even number of times.</summary>
    private static bool Sound(int[] bits, int start, int end) =>
        bits.Where(bit => bit / 8 >= start && bit / 8 < end).GroupBy(bit => bit).All(group => group.Count() % 2 == 0);
}
