using System.Numerics;
using ImageTrainer.Cli.SampleData;

namespace ImageTrainer.Tests.SampleData;

[TestClass]
public sealed class DefectTests
{
    private const int Size = 128;

    [TestMethod]
    public void Dent_OnFlatMetal_OnlyBendsIt()
    {
        Surface surface = PlainMetal();

        Dent.Draw(surface, new(1, "dent", 0));

        Assert.IsLessThan(-5f, surface.Height.Min());
        Assert.IsTrue(surface.Color.All(color => color == Vector3.One));
    }

    [TestMethod]
    public void Stain_OnFlatMetal_OnlyDarkensIt()
    {
        Surface surface = PlainMetal();

        Stain.Draw(surface, new(1, "stain", 0));

        Assert.IsTrue(surface.Height.All(height => height == 0));
        Assert.IsTrue(surface.Color.All(color => color.X <= 1.2f));
        Assert.IsGreaterThan(Size * Size / 20, surface.Color.Count(color => color.X < 0.8f));
    }

    [TestMethod]
    public void Crack_OnFlatMetal_LeavesAThinDarkBreak()
    {
        Surface surface = PlainMetal();

        Crack.Draw(surface, new(1, "crack", 0));

        Assert.IsLessThan(0.4f, surface.Color.Min(color => color.X));
        Assert.IsTrue(surface.Color.All(color => color.X <= 1));
        Assert.IsLessThan(Size * Size / 6, surface.Color.Count(color => color.X < 1));
    }

    [TestMethod]
    public void Scratch_OnFlatMetal_LeavesThinBrightGrooves()
    {
        Surface surface = PlainMetal();

        Scratch.Draw(surface, new(1, "scratch", 0));

        Assert.IsGreaterThan(1.5f, surface.Color.Max(color => color.X));
        Assert.IsLessThan(0f, surface.Height.Min());
        Assert.IsLessThan(Size * Size / 3, surface.Color.Count(color => color.X > 1));
    }

    private static Surface PlainMetal()
    {
        var surface = new Surface(Size, zoom: 1);
        Array.Fill(surface.Color, Vector3.One);
        Array.Fill(surface.Gloss, 1);
        Array.Fill(surface.Brushing, Vector2.UnitX);
        return surface;
    }
}
