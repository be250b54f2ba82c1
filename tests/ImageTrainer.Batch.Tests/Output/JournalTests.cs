using ImageTrainer.Batch.Output;

namespace ImageTrainer.Tests.Output;

[TestClass]
public sealed class JournalTests
{
    private static readonly JobIdentity Identity = new()
    {
        ModelSha256 = "ab",
        InputSha256 = "cd",
        ImageCount = 10,
        ColumnNames = ["id"],
        Format = "csv",
        TopCount = 1,
        IncludeEmbeddings = false,
        BatchSize = 4,
        Device = "cpu",
        ShardIndex = 0,
        ShardCount = 1,
    };

    [TestMethod]
    public void Read_CutAnywhere_GivesTheLastWholeLine()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = Write(folder, 3);
        int[] ends = [.. whole.Index().Where(item => item.Item == '\n').Select(item => item.Index + 1)];

        for (int length = 0; length <= whole.Length; length++)
        {
            JournalContent content = Journal.Read(whole.AsMemory(0, length));

            int lineCount = ends.Count(end => end <= length);
            Assert.AreEqual(lineCount > 0, content.Identity is not null);
            Assert.AreEqual(4 * Math.Max(0, lineCount - 1), content.Last.Progress.RowCount);
            Assert.AreEqual(lineCount == 0 ? 0 : ends[lineCount - 1], content.Length);
        }
    }

    [TestMethod]
    public void Read_AnyByteChanged_NeverGivesAnotherCommit()
    {
        using var folder = new TemporaryFolder();
        byte[] whole = Write(folder, 2);

        for (int i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x11;
            JournalContent content = Journal.Read(damaged);
            Assert.IsTrue(content.Last.Progress.RowCount is 0 or 4, $"byte {i}");
            Assert.IsLessThan(whole.Length, content.Length, $"byte {i}");
        }
    }

    [TestMethod]
    public void PositionSteps_AnyPositions_ReadBack()
    {
        long[] positions = [0, 1, 5, 200, 201, 100_000, 5_000_000_000];
        var steps = new PositionSteps();

        foreach (long position in positions[..3]) steps.Add(position);
        string first = steps.Take();
        foreach (long position in positions[3..]) steps.Add(position);

        CollectionAssert.AreEqual(positions, PositionSteps.Read([first, null, steps.Take(), steps.Take()]).ToArray());
    }

    private static byte[] Write(TemporaryFolder folder, int commitCount)
    {
        using (AppendedFile file = AppendedFile.Open(folder.Combine("journal")))
        {
            Journal.Begin(file, Identity);
            for (int i = 1; i <= commitCount; i++) Journal.Append(file, new JournalEntry(new JobProgress(4 * i, 4 * i, 0), 100 * i, 10));
        }

        return File.ReadAllBytes(folder.Combine("journal"));
    }
}
