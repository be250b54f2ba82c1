using System.Text;
using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;

namespace ImageTrainer.Tests.Listing;

[TestClass]
public sealed class ListSourceTests
{
    [TestMethod]
    public void List_Text_GivesALineEachRelativeToItsFolder()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Combine("list.txt"), "\uFEFFa.png\r\n\n  \nb c.png\n/abs.png");

        ListedImage[] images = [.. new TextListSource(folder.Combine("list.txt")).List()];

        CollectionAssert.AreEqual(new[] { "a.png", "b c.png", "/abs.png" }, images.Select(image => image.Path).ToArray());
        Assert.AreEqual(folder.Combine("a.png"), images[0].File);
        Assert.AreEqual("/abs.png", images[2].File);
    }

    [TestMethod]
    public void List_StandardInput_IsRelativeToTheCurrentFolder()
    {
        var listing = ScoringInput.Parse(["-"], () => new MemoryStream("a.png\n"u8.ToArray()));

        PlacedImage image = listing.List().Single();

        Assert.IsFalse(listing.CanRepeat);
        Assert.AreEqual("a.png", image.Image.File);
    }

    [TestMethod]
    [DataRow("id,path\n1,a.png\n2\n", "Line 3 of '{0}' has 1 fields where the first line names 2 columns;")]
    [DataRow("where,what\n1,a\n", "The first line of '{0}' has to name the column path")]
    [DataRow("path,x,x\na,b,c\n", "has the column 'x' twice")]
    [DataRow("path, Path\na,b\n", "names the column path twice")]
    [DataRow("path,x\n\"a\nb\",c\nd\n", "Line 4 of '{0}' has 1 fields where the first line names 2 columns;")]
    [DataRow("path\n\"a\nb", "Line 2 of '{0}': a quoted field begins and does not end")]
    [DataRow("path\n\"a\"b\n", "Line 2 of '{0}': text follows a closing quote")]
    [DataRow("", "The first line of '{0}' has to name the column path")]
    public void List_MalformedCsv_NamesTheLine(string content, string message)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Combine("list.csv");
        File.WriteAllText(file, content);

        var exception = Assert.ThrowsExactly<ScoringInputException>(() => new ListSource(file).List().Count());

        StringAssert.Contains(exception.Message, message.Replace("{0}", file, StringComparison.Ordinal));
    }

    [TestMethod]
    public void List_CsvWithQuotes_ReadsWhatRfc4180Says()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Combine("list.csv"), "path\tnote\r\n\"a\tb.png\"\t\"two\nlines, \"\"quoted\"\"\"\r\n\r\nc.png\tx\"y");

        ListedImage[] images = [.. new ListSource(folder.Combine("list.csv")).List()];

        Assert.AreEqual("a\tb.png", images[0].Path);
        Assert.AreEqual("two\nlines, \"quoted\"", images[0].Columns[0].Value);
        Assert.AreEqual("x\"y", images[1].Columns[0].Value);
    }

    [TestMethod]
    [DataRow("Path,note\na.png,x\n")]
    [DataRow("note; PATH \nx;a.png\n")]
    [DataRow("note\t\"path\"\nx\ta.png\n")]
    public void List_CsvHeaderInAnyCaseAndPlace_IsFound(string content)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Combine("list.csv"), content);

        ListedImage image = new ListSource(folder.Combine("list.csv")).List().Single();

        Assert.AreEqual("a.png", image.Path);
        Assert.AreEqual(("note", "x"), (image.Columns[0].Name, image.Columns[0].Value));
    }

    [TestMethod]
    public void List_TsvOfPathsAlone_IsNotCutAtCommas()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.Combine("list.tsv"), "path\na, b.png\n");

        ListedImage image = new ListSource(folder.Combine("list.tsv")).List().Single();

        Assert.AreEqual("a, b.png", image.Path);
    }

    [TestMethod]
    [DataRow("{\"path\": 3}", "Line 1 of '{0}' is no JSON object with a string \"path\"")]
    [DataRow("{\"path\": \"a\"}\n[1]", "Line 2 of")]
    [DataRow("{\"path\": ", "Line 1 of '{0}' is not JSON")]
    public void List_MalformedJson_NamesTheLine(string content, string message)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Combine("list.jsonl");
        File.WriteAllText(file, content);

        var exception = Assert.ThrowsExactly<ScoringInputException>(() => new ListSource(file).List().Count());

        StringAssert.Contains(exception.Message, message.Replace("{0}", file, StringComparison.Ordinal));
    }

    [TestMethod]
    public void List_Windows1252OrMissing_SaysSo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.Combine("latin.txt"), Encoding.Latin1.GetBytes("a.png\ncafé.png\n"));
        var latin = new TextListSource(folder.Combine("latin.txt"));

        Assert.AreEqual("café.png", latin.List().Last().Path);
        var missing = Assert.ThrowsExactly<ScoringInputException>(() => new TextListSource(folder.Combine("no.txt")).List().Count());

        StringAssert.Contains(latin.Notices.Single(), "is read as Windows-1252");
        StringAssert.Contains(missing.Message, "there is no such file");
    }

    [TestMethod]
    [DataRow("list.csv", "\"image_path\"\t\"label\"\n\"a.png\"\t\"x\"\n", DisplayName = "tabs, quoted")]
    [DataRow("list.csv", "sep=;\nImagePath;Label\na.png;x\n", DisplayName = "spreadsheet with sep=")]
    [DataRow("list.csv", "image_id,label\na,x\n", DisplayName = "ids without extension")]
    [DataRow("list.csv", "a.png,x\n", DisplayName = "no header")]
    [DataRow("list.jsonl", "{\"image_url\":\"a.png\",\"label\":\"x\"}\n", DisplayName = "Azure AutoML")]
    public void List_AsOtherToolsWriteIt_FindsTheImage(string name, string content)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.png", [1]);
        string file = folder.Write(name, content);

        ListedImage image = new ListSource(file).List().Single();

        Assert.AreEqual(folder.Combine("a.png"), image.File);
        Assert.AreEqual("x", image.Columns.Single().Value);
    }

    [TestMethod]
    [DataRow("list.txt")]
    [DataRow("list.csv")]
    [DataRow("list.jsonl")]
    public void Score_ListThatIsAPipe_SaysSo(string name)
    {
        if (OperatingSystem.IsWindows()) Assert.Inconclusive("Folders hold no pipes there.");
        using var bench = new ScoringBench(1);
        bench.Shell("mkfifo " + name);

        var exception = Assert.ThrowsExactly<ScoringInputException>(() => bench.Score("scores.csv", null, bench.Combine(name)));

        StringAssert.Contains(exception.Message, "is a pipe, and a list has to be a file; name one, or give '-'");
    }

    [TestMethod]
    public void Survey_MillionPathsInAList_HoldsNoneOfThem()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Combine("list.txt");
        File.WriteAllLines(file, Enumerable.Range(0, 1_000_000).Select(i => $"photos/{i % 100:00}/image-{i:0000000}.jpg"));
        long before = GC.GetTotalMemory(forceFullCollection: true);

        InputSurvey survey = InputSurvey.Of(ScoringInput.Parse([file], () => Stream.Null), new ScoringShard(0, 4), CancellationToken.None);

        Assert.AreEqual(1_000_000, survey.ImageCount);
        Assert.AreEqual(250_000, survey.ShardImageCount, 2500);
        Assert.IsLessThan(20_000_000, GC.GetTotalMemory(forceFullCollection: true) - before);
    }
}
