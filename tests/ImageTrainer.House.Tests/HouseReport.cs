using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageTrainer.House;

/// <summary>Prints what the sources of the product look like from outside: their size, their shape and their arrows.</summary>
internal static partial class HouseReport
{
    /// <summary>Prints all figures.</summary>
    /// <returns>The exit code.</returns>
    public static int Print(SourceTree tree, TextWriter output)
    {
        foreach (string project in tree.Projects) PrintSize(project, [.. tree.Files.Where(file => file.Project == project)], output);
        PrintSize("src", tree.Files, output);
        var size = new SizeFigures(tree.Files);
        output.WriteLine($"\nMethods: {size.MethodLengths.Count}, lines p50 {size.MethodQuantile(0.5)}, p90 {size.MethodQuantile(0.9)}, max {size.MethodLengths[^1]}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Doc comments: {size.DocFraction:P1} of the lines"));
        PrintList("Files under 20 lines", size.ShortFiles.Select(file => $"{file.FullName} ({file.Lines.Count})"), output);
        PrintList("Lines over 140 columns", size.LongLines, output);
        PrintList("Equal runs of six or more lines", EqualRuns.Find(tree.Files), output);
        foreach (string project in tree.Projects) PrintArrows(project, ArrowsOf(tree, project), output);
        PrintList("InternalsVisibleTo", FriendsOf(tree), output);
        return 0;
    }

    /// <summary>The arrows between the folders of a project.</summary>
    public static FolderArrows ArrowsOf(SourceTree tree, string project) => new(
        [.. tree.Files.Where(file => file.Project == project)], [.. tree.Files.Where(file => file.Project != project)]);

    /// <summary>Which assembly lets which one see its internals, as "ImageTrainer.Batch to ImageTrainer.Batch.Tests".</summary>
    public static IEnumerable<string> FriendsOf(SourceTree tree) => tree.Projects.SelectMany(project =>
        Friend().Matches(File.ReadAllText(Path.Combine(tree.Root, "src", project, project + ".csproj")))
            .Select(match => $"{project} to {match.Groups["name"].Value}"));

    [GeneratedRegex("""<InternalsVisibleTo Include="(?<name>[^"]+)""")]
    private static partial Regex Friend();

    private static void PrintSize(string name, IReadOnlyList<SourceFile> files, TextWriter output)
    {
        var size = new SizeFigures(files);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-32} {size.LineCount,6} lines {files.Count,4} files {size.ShortFiles.Count,3} short {size.LongLines.Count,3} long lines, docs {size.DocFraction:P1}"));
    }

    private static void PrintArrows(string project, FolderArrows arrows, TextWriter output)
    {
        PrintList($"Circles of {project}", arrows.Circles.Select(circle => string.Join(", ", circle)), output);
        foreach (IReadOnlyList<string> circle in arrows.Circles)
        {
            foreach (FolderArrow arrow in arrows.All.Where(arrow => circle.Contains(arrow.From) && circle.Contains(arrow.To)))
                output.WriteLine($"    {arrow.From} -> {arrow.To}: {arrow.Example}");
        }
    }

    private static void PrintList<T>(string title, IEnumerable<T> items, TextWriter output)
    {
        T[] all = [.. items];
        output.WriteLine($"\n{title}: {all.Length}");
        foreach (T item in all) output.WriteLine($"  {item}");
    }
}
