using System.Text.RegularExpressions;

namespace ImageTrainer.House;

[TestClass]
public partial class ArchitecturePageTests
{
    private static readonly SourceTree Tree = SourceTree.Read();
    private static readonly string Page = File.ReadAllText(Path.Combine(Tree.Root, "docs", "architecture.md"));

    [TestMethod]
    public void Page_EveryPathItNames_IsThere()
    {
        string[] named = [.. Code().Matches(Page).Select(match => match.Groups["text"].Value).Where(text => text.Contains('/', StringComparison.Ordinal))];

        string[] missing = [.. named.Where(path => !IsThere(path))];

        Assert.IsNotEmpty(named);
        Assert.IsEmpty(missing, $"docs/architecture.md names what is not there: {string.Join(", ", missing)}");
    }

    [TestMethod]
    public void Page_EveryFileItNames_IsThere()
    {
        string[] named = [.. Code().Matches(Page).Select(match => match.Groups["text"].Value).Where(text => text.EndsWith(".cs", StringComparison.Ordinal))];

        string[] missing = [.. named.Where(name => !Tree.Files.Any(file => $"/{file.FullName}".EndsWith($"/{name}", StringComparison.Ordinal)))];

        Assert.IsNotEmpty(named);
        Assert.IsEmpty(missing, $"docs/architecture.md names files that are not there: {string.Join(", ", missing)}");
    }

    [TestMethod]
    public void Page_NamesEveryProjectAndFolderOfSrc()
    {
        string[] rooms =
        [
            .. Tree.Projects, .. Tree.Files.Select(file => Path.GetDirectoryName(file.Path)!).Where(folder => folder.Length > 0).Distinct(),
        ];

        string[] missing = [.. rooms.Where(room => !Regex.IsMatch(Page, $@"\b{Regex.Escape(Path.GetFileName(room))}\b"))];

        Assert.IsEmpty(missing, $"docs/architecture.md does not name: {string.Join(", ", missing)}");
    }

    // From the root, or from a project: "Training/Heads" stands for "src/ImageTrainer/Training/Heads".
    private static bool IsThere(string path) =>
        Path.Exists(Path.Combine(Tree.Root, path)) || Tree.Projects.Any(project => Path.Exists(Path.Combine(Tree.Root, "src", project, path)));

    [GeneratedRegex("`(?<text>[A-Za-z0-9_./-]+)`", RegexOptions.CultureInvariant)]
    private static partial Regex Code();
}
