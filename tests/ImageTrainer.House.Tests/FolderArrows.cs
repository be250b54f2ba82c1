using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ImageTrainer.House;

/// <summary>An arrow: code in one folder needs what another one declares.</summary>
/// <param name="From">Who needs it: a folder, or a file of the project's root.</param>
/// <param name="To">Who declares it.</param>
/// <param name="Example">A place where it does: "Pipeline/ScoringPipeline.cs uses ListedImage".</param>
internal sealed record FolderArrow(string From, string To, string Example);

/// <summary>
/// All arrows between the folders of one project, as the compiler resolves its names: types, their members, what `var` stands for. A file in the
/// project's root counts as a folder of its own: the face stands on top of the rooms, and what they all need (the exceptions) beneath. Comments don't
/// count.
/// </summary>
internal sealed class FolderArrows
{
    // What <ImplicitUsings> gives.
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly ImmutableArray<MetadataReference> Runtime =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("ImageTrainer", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private readonly Dictionary<(string From, string To), string> _arrows = [];

    /// <summary>Finds the arrows of a project.</summary>
    /// <param name="files">All its files.</param>
    /// <param name="others">The files of the projects that it may need, so that what their members give is known.</param>
    public FolderArrows(IReadOnlyList<SourceFile> files, IReadOnlyList<SourceFile> others)
    {
        Dictionary<SyntaxTree, SourceFile> byTree = files.ToDictionary(file => file.Syntax);
        var compilation = CSharpCompilation.Create(
            "house",
            [.. byTree.Keys, .. others.Select(file => file.Syntax), CSharpSyntaxTree.ParseText(ImplicitUsings)],
            Runtime,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        foreach (SourceFile file in files) AddArrowsOf(file, compilation.GetSemanticModel(file.Syntax), byTree);
    }

    /// <summary>The arrows, each once.</summary>
    public IReadOnlyList<FolderArrow> All =>
        [.. _arrows.Select(arrow => new FolderArrow(arrow.Key.From, arrow.Key.To, arrow.Value)).OrderBy(arrow => (arrow.From, arrow.To))];

    /// <summary>Folders that need each other: each circle by the names in it, in ordinal order. Files of the root alone are no circle.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Circles
    {
        get
        {
            string[] nodes = [.. _arrows.Keys.SelectMany(arrow => new[] { arrow.From, arrow.To }).Distinct().Order(StringComparer.Ordinal)];
            Dictionary<string, HashSet<string>> reach = nodes.ToDictionary(node => node, ReachOf);
            return
            [
                .. nodes.Select(node => nodes.Where(other => reach[node].Contains(other) && reach[other].Contains(node)).ToArray())
                    .Where(circle => circle.Length > 1 && !circle.All(name => name.EndsWith(".cs", StringComparison.Ordinal)))
                    .DistinctBy(circle => circle[0]),
            ];
        }
    }

    private HashSet<string> ReachOf(string start)
    {
        var reached = new HashSet<string>();
        var waiting = new Queue<string>([start]);
        while (waiting.TryDequeue(out string? node))
        {
            foreach (string next in _arrows.Keys.Where(arrow => arrow.From == node).Select(arrow => arrow.To).Where(reached.Add)) waiting.Enqueue(next);
        }

        return reached;
    }

    private void AddArrowsOf(SourceFile file, SemanticModel model, Dictionary<SyntaxTree, SourceFile> byTree)
    {
        foreach (SimpleNameSyntax name in file.Syntax.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            foreach (ISymbol symbol in SymbolsOf(name, model))
            {
                // A namespace is no room.
                if (symbol is INamespaceSymbol) continue;
                INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
                string[] homes = [.. (type?.Locations ?? []).Where(place => place.SourceTree is not null && byTree.ContainsKey(place.SourceTree))
                    .Select(place => byTree[place.SourceTree!].Folder)];
                // The parts of a partial type are one.
                if (homes.Length == 0 || homes.Contains(file.Folder)) continue;
                _arrows.TryAdd((file.Folder, homes[0]), $"{file.Path} uses {type!.Name}");
            }
        }
    }

    private static ImmutableArray<ISymbol> SymbolsOf(SimpleNameSyntax name, SemanticModel model)
    {
        SymbolInfo info = model.GetSymbolInfo(name);
        return info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols;
    }
}
