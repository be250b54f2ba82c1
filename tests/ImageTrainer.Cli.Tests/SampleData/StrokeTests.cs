using System.Numerics;
using ImageTrainer.Cli.SampleData;

namespace ImageTrainer.Tests.SampleData;

[TestClass]
public sealed class StrokeTests
{
    private const int Size = 100;

    [TestMethod]
    [DataRow(0.4f)]
    [DataRow(1f)]
    [DataRow(3f)]
    [DataRow(7.5f)]
    public void CoverTo_StraightLine_CoversLengthTimesWidth(float width)
    {
        Vector2 start = new(20.3f, 15.6f), end = new(71.1f, 83.2f);
        var stroke = new Stroke();
        stroke.To(start, width);
        stroke.To(end, width);
        float[] coverage = new float[Size * Size];

        stroke.CoverTo(coverage, Size);

        // The ends are round; pixels are averaged over a distance, not an area: hence the tolerance.
        float area = (Vector2.Distance(start, end) * width) + (MathF.PI * width * width / 4);
        Assert.AreEqual(area, coverage.Sum(), (0.15f * area) + 2);
        Assert.IsTrue(coverage.All(covered => covered is >= 0 and <= 1));
    }

    [TestMethod]
    public void CoverTo_LineOutsideThePicture_CoversNothing()
    {
        var stroke = Stroke.Curve(new Vector2(-50, -20), new Vector2(0, -40), new Vector2(150, -30), _ => 5);
        float[] coverage = new float[Size * Size];

        stroke.CoverTo(coverage, Size);

        Assert.AreEqual(0, coverage.Max());
    }
}
