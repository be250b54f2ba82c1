using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Imaging;

[TestClass]
public sealed class PlanarPixelsTests
{
    [TestMethod]
    [DataRow(1), DataRow(15), DataRow(16), DataRow(17), DataRow(224 * 224), DataRow(1000)]
    public void Convert_AnyLength_PutsEachSampleInItsPlane(int count)
    {
        byte[] interleaved = TestImages.Noise(count, 1, seed: 19).Pixels;
        float[] planes = new float[count * 3];

        PlanarPixels.Convert(interleaved, planes);

        float[] expected = [.. Enumerable.Range(0, count * 3).Select(i => (float)interleaved[(i % count * 3) + (i / count)])];
        CollectionAssert.AreEqual(expected, planes);
    }
}
