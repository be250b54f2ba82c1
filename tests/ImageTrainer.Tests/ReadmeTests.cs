using System.Text.RegularExpressions;

namespace ImageTrainer.Tests;

[TestClass]
public partial class ReadmeTests
{
    [TestMethod]
    public void Readme_Snippets_AreTheSamplesWordForWord()
    {
        string root = FindSources();
        string readme = ReadText(Path.Combine(root, "README.md"));

        Match[] snippets = Snippet().Matches(readme).ToArray();

        Assert.IsNotEmpty(snippets);
        foreach (Match snippet in snippets)
            Assert.AreEqual(ReadText(Path.Combine(root, snippet.Groups["path"].Value)), snippet.Groups["code"].Value);
    }

    /// <summary>The repository's folder; without one the test says what it needs.</summary>
    public static string FindSources()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ImageTrainer.sln")) && File.Exists(Path.Combine(folder.FullName, "README.md")))
                return folder.FullName;
        }

        Assert.Inconclusive("The sources are not above the tests: run them from a clone of the repository.");
        return "";
    }

    [GeneratedRegex("""<!-- snippet: (?<path>\S+) -->\n```csharp\n(?<code>.*?)```\n""", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    private static string ReadText(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");
}
