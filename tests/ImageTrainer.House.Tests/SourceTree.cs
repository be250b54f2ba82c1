using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace ImageTrainer.House;

/// <summary>One source file of the product.</summary>
/// <param name="Project">Name of its project: "ImageTrainer.Batch".</param>
/// <param name="Path">Path in its project, with '/': "Output/Journal.cs".</param>
/// <param name="Lines">Its lines.</param>
/// <param name="Syntax">What they say.</param>
internal sealed record SourceFile(string Project, string Path, IReadOnlyList<string> Lines, SyntaxTree Syntax)
{
    /// <summary>Its folder; of a file in the project's root, which stands for itself, its own name.</summary>
    public string Folder => System.IO.Path.GetDirectoryName(Path) is { Length: > 0 } folder ? folder.Replace('\\', '/') : Path;

    /// <summary>Path in the repository.</summary>
    public string FullName => $"src/{Project}/{Path}";
}

/// <summary>The sources of the product: everything of src/ that somebody wrote.</summary>
/// <param name="Root">Folder of the repository.</param>
/// <param name="Files">The files, in ordinal order.</param>
internal sealed record SourceTree(string Root, IReadOnlyList<SourceFile> Files)
{
    /// <summary>Names of the projects.</summary>
    public IReadOnlyList<string> Projects => [.. Files.Select(file => file.Project).Distinct()];

    /// <summary>Reads the repository that a program was built in.</summary>
    public static SourceTree Read()
    {
        string root = FindRoot();
        string src = Path.Combine(root, "src");
        IEnumerable<string> files = Directory.EnumerateFiles(src, "*.cs", SearchOption.AllDirectories)
            .Where(file => !Path.GetRelativePath(src, file).Split(Path.DirectorySeparatorChar).Any(name => name is "bin" or "obj"))
            .Order(StringComparer.Ordinal);
        return new SourceTree(root, [.. files.Select(file => ReadFile(src, file))]);
    }

    private static SourceFile ReadFile(string src, string file)
    {
        string[] names = Path.GetRelativePath(src, file).Split(Path.DirectorySeparatorChar);
        string text = File.ReadAllText(file);
        SyntaxTree syntax = CSharpSyntaxTree.ParseText(SourceText.From(text), new CSharpParseOptions(LanguageVersion.Latest), file);
        return new SourceFile(names[0], string.Join('/', names[1..]), File.ReadAllLines(file), syntax);
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ImageTrainer.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("The sources are not above the program: run it from a clone of the repository.");
    }
}
