using Microsoft.CodeAnalysis.CSharp;

namespace ImageTrainer.House;

[TestClass]
public class FolderArrowsTests
{
    [TestMethod]
    public void Src_HasNoCirclesOfFoldersButTheListedOnes()
    {
        SourceTree tree = SourceTree.Read();
        string[] found =
        [
            .. tree.Projects.SelectMany(project => HouseReport.ArrowsOf(tree, project).Circles.Select(circle => $"{project}: {string.Join(", ", circle)}")),
        ];
        string[] listed =
        [
            .. File.ReadLines(Path.Combine(tree.Root, "tests", "ImageTrainer.House.Tests", "circles.txt")).Where(line => !line.StartsWith('#')),
        ];

        string[] added = [.. found.Where(circle => !listed.Any(known => IsPartOf(circle, known)))];
        string[] gone = [.. listed.Where(known => !found.Any(circle => IsPartOf(circle, known)))];

        Assert.IsEmpty(added, $"These folders need each other now; eng/house.sh names the arrows: {string.Join("; ", added)}");
        Assert.IsEmpty(gone, $"These circles are gone: take them out of circles.txt: {string.Join("; ", gone)}");
    }

    [TestMethod]
    public void Circles_TwoFoldersThatNeedEachOther_AreOne()
    {
        var arrows = new FolderArrows(
            [
                Source("Low/Stone.cs", "namespace A.Low; class Stone { int Height => new A.High.Roof().Height; }"),
                Source("High/Roof.cs", "namespace A.High; class Roof { public int Height; A.Low.Stone? Beneath() => null; }"),
                Source("House.cs", "namespace A; class House { A.High.Roof? Roof; }"),
            ],
            []);

        Assert.HasCount(1, arrows.Circles);
        CollectionAssert.AreEqual(new[] { "High", "Low" }, arrows.Circles[0].ToArray());
        CollectionAssert.Contains(arrows.All.Select(arrow => (arrow.From, arrow.To)).ToArray(), ("House.cs", "High"));
    }

    [TestMethod]
    public void Circles_ArrowsOneWay_AreNone()
    {
        var arrows = new FolderArrows(
            [
                Source("Low/Stone.cs", "namespace A.Low; class Stone { public int Height; }"),
                Source("High/Roof.cs", "namespace A.High; class Roof { int Top() { var beneath = A.Yard.Find(); return beneath.Height; } }"),
                Source("Yard.cs", "namespace A; static class Yard { public static A.Low.Stone Find() => new(); }"),
            ],
            []);

        Assert.IsEmpty(arrows.Circles);
        CollectionAssert.AreEqual(
            new[] { ("High", "Low"), ("High", "Yard.cs"), ("Yard.cs", "Low") }, arrows.All.Select(arrow => (arrow.From, arrow.To)).ToArray());
    }

    private static SourceFile Source(string path, string text) => new("A", path, text.Split('\n'), CSharpSyntaxTree.ParseText(text, path: path));

    private static bool IsPartOf(string circle, string known) =>
        ProjectOf(circle) == ProjectOf(known) && NamesOf(circle).All(NamesOf(known).Contains);

    private static string ProjectOf(string circle) => circle.Split(": ")[0];

    private static string[] NamesOf(string circle) => circle.Split(": ")[1].Split(", ");
}
