using FsCheck;
using FsCheck.Fluent;
using ImageTrainer.Csv;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class CsvTests
{
    [TestMethod]
    [DataRow("a,b\nc,d\n", "a|b;c|d", DisplayName = "LF")]
    [DataRow("a,b\r\nc,d\r\n", "a|b;c|d", DisplayName = "CR LF")]
    [DataRow("a,b\rc,d", "a|b;c|d", DisplayName = "CR, no line break at the end")]
    [DataRow("a,b\n\r\n\n c , d", "a|b; c | d", DisplayName = "blank lines and spaces")]
    [DataRow("\"a,b\",\"c\"\"d\",\"\"", "a,b|c\"d|", DisplayName = "quotes")]
    [DataRow("\"a\nb\",\"c\r\nd\"", "a\nb|c\r\nd", DisplayName = "line breaks in quotes")]
    [DataRow("a\"b,c\"", "a\"b|c\"", DisplayName = "quotes inside unquoted fields")]
    [DataRow("a,\n,", "a|;|", DisplayName = "empty fields")]
    [DataRow("", "", DisplayName = "nothing")]
    public void ReadAll_Text_GivesFields(string text, string expected)
    {
        var reader = new CsvReader(new StringReader(text));

        string records = string.Join(';', reader.ReadAll().Select(record => string.Join('|', record.Fields)));

        Assert.AreEqual(expected, records);
    }

    [TestMethod]
    public void ReadAll_LineBreaksInQuotes_CountsLinesOfTheText()
    {
        var reader = new CsvReader(new StringReader("\n\"a\r\nb\"\r\nc\r\"d\re\nf\"\ng"));

        long[] lines = [.. reader.ReadAll().Select(record => record.Line)];

        CollectionAssert.AreEqual(new[] { 2L, 4, 5, 8 }, lines);
    }

    [TestMethod]
    public void ReadAll_QuoteNotClosed_NamesTheLineItOpensOn()
    {
        var reader = new CsvReader(new StringReader("a\n\"b\nc\nd"));

        CsvFormatException exception = Assert.ThrowsExactly<CsvFormatException>(() => reader.ReadAll().ToList());

        StringAssert.StartsWith(exception.Describe("list.csv"), "Line 2 of 'list.csv': a quoted field begins and does not end");
    }

    [TestMethod]
    public void ReadAll_TextAfterClosingQuote_NamesTheLine()
    {
        var reader = new CsvReader(new StringReader("a\n\"b\"c\n"));

        CsvFormatException exception = Assert.ThrowsExactly<CsvFormatException>(() => reader.ReadAll().ToList());

        StringAssert.Contains(exception.Describe("list.csv"), "Line 2 of 'list.csv': text follows a closing quote");
    }

    [TestMethod]
    public void ReadAll_FieldOfAMillionCharacters_IsTheLongest()
    {
        string longest = new('x', 1 << 20);

        Assert.AreEqual(longest, new CsvReader(new StringReader($"{longest},b")).ReadAll().Single().Fields[0]);
        CsvFormatException exception = Assert.ThrowsExactly<CsvFormatException>(
            () => new CsvReader(new StringReader($"a\n\"{longest}x")).ReadAll().ToList());
        StringAssert.Contains(exception.Message, "Line 2: a field has more than a million characters");
    }

    [TestMethod]
    public void Write_PlainAndAwkwardFields_QuotesOnlyTheAwkwardOnes()
    {
        using var output = new StringWriter();
        using var writer = new CsvWriter(output);

        writer.Write("plain", "a,b", "c\"d", " e", "");
        writer.Write("");

        Assert.AreEqual("plain,\"a,b\",\"c\"\"d\",\" e\",\n\"\"\n", output.ToString());
    }

    [TestMethod]
    public void WriteThenRead_AnyText_ComesBack()
    {
        Prop.ForAll<NonEmptyArray<NonEmptyArray<string>>>(table =>
        {
            string[][] records = [.. table.Get.Select(record => record.Get.Select(field => field ?? "").ToArray())];
            using var output = new StringWriter();
            using var writer = new CsvWriter(output);
            foreach (string[] record in records)
                writer.Write(record);

            CsvRecord[] read = [.. new CsvReader(new StringReader(output.ToString())).ReadAll()];

            return read.Length == records.Length && read.Zip(records).All(pair => pair.First.Fields.SequenceEqual(pair.Second));
        }).QuickCheckThrowOnFailure();
    }

    [TestMethod]
    public void WriteThenRead_TextOfDelimitersAndQuotes_ComesBack()
    {
        Arbitrary<string[]> fields = Gen.Elements('"', ',', '\r', '\n', ' ', 'a', '\t', '\uFEFF', '中').ListOf()
            .Select(letters => new string([.. letters])).NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

        Prop.ForAll(fields, record =>
        {
            using var output = new StringWriter();
            using var writer = new CsvWriter(output);
            writer.Write(record);

            return new CsvReader(new StringReader(output.ToString())).ReadAll().Single().Fields.SequenceEqual(record);
        }).QuickCheckThrowOnFailure();
    }
}
