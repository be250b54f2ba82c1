using ImageTrainer.Batch;
using ImageTrainer.Batch.Postgres;

namespace ImageTrainer.Tests.Postgres;

/// <summary>What an address of a database may say.</summary>
[TestClass]
public sealed class PostgresAddressTests
{
    private const string Database = "postgres://me@db/images";

    [TestMethod]
    [DataRow("?job=b&pasword=hunter2", "it has a parameter 'pasword' that is none, or none that takes its value")]
    [DataRow("?password=hun&ter2", "it has a parameter without '='; within a value write & as %26")]
    [DataRow("?port=hunter2", "it has a parameter 'port' that is none, or none that takes its value")]
    public void Parse_UnknownParameter_SaysSoWithoutItsValue(string query, string reason)
    {
        ScoringRefusedException exception = Assert.ThrowsExactly<ScoringRefusedException>(() => PostgresAddress.Parse(Database + query));

        Assert.AreEqual($"--output is no address of a database: {reason}.", exception.Message);
    }

    [TestMethod]
    [DataRow("table", 'ä', 28)]
    [DataRow("table", 'a', 56)]
    [DataRow("table", '\0', 1)]
    [DataRow("job", 'ä', 257)]
    [DataRow("job", '\0', 1)]
    [DataRow("job", 'a', 0)]
    public void Parse_NameThatTheDatabaseCannotHold_IsRefused(string parameter, char letter, int length)
    {
        string address = $"{Database}?{parameter}={Uri.EscapeDataString(new string(letter, length))}";

        ScoringRefusedException exception = Assert.ThrowsExactly<ScoringRefusedException>(() => PostgresAddress.Parse(address));

        StringAssert.Contains(exception.Message, $"is no name of a {parameter} of ");
    }

    [TestMethod]
    public void Parse_LongestNames_AreTaken()
    {
        var address = PostgresAddress.Parse($"{Database}?table={new string('s', 55)}.{new string('ä', 27)}&job={new string('ä', 256)}");

        CollectionAssert.AreEqual(new[] { new string('s', 55), new string('ä', 27) }, address.Table.ToArray());
        Assert.AreEqual(new string('ä', 256), address.Job);
    }
}
