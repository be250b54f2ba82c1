using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ImageTrainer.House;

/// <summary>How large the house and its rooms are.</summary>
internal sealed class SizeFigures(IReadOnlyList<SourceFile> files)
{
    /// <summary>Files of fewer lines are short.</summary>
    public const int ShortFile = 20;

    /// <summary>Columns of the longest line of code.</summary>
    public const int LongestLine = 140;

    /// <summary>Lines of all files.</summary>
    public int LineCount { get; } = files.Sum(file => file.Lines.Count);

    /// <summary>The files of fewer than 20 lines.</summary>
    public IReadOnlyList<SourceFile> ShortFiles { get; } = [.. files.Where(file => file.Lines.Count < ShortFile)];

    /// <summary>Lines of every method, constructor and operator, from its first word to its last bracket; in ascending order.</summary>
    public IReadOnlyList<int> MethodLengths { get; } =
        [.. files.SelectMany(file => file.Syntax.GetRoot().DescendantNodes().OfType<BaseMethodDeclarationSyntax>().Select(LengthOf)).Order()];

    /// <summary>Share of the lines that are doc comments, 0 to 1.</summary>
    public double DocFraction => (double)files.Sum(file => file.Lines.Count(IsDoc)) / LineCount;

    /// <summary>Lines of more than 140 columns, as "path:line".</summary>
    public IReadOnlyList<string> LongLines { get; } =
    [
        .. files.SelectMany(file => file.Lines.Index().Where(line => line.Item.Length > LongestLine)
            .Select(line => string.Create(CultureInfo.InvariantCulture, $"{file.FullName}:{line.Index + 1}"))),
    ];

    /// <summary>The length that a fraction of the methods do not exceed.</summary>
    public int MethodQuantile(double fraction) => MethodLengths[(int)Math.Ceiling(fraction * MethodLengths.Count) - 1];

    private static bool IsDoc(string line) => line.AsSpan().TrimStart().StartsWith("///", StringComparison.Ordinal);

    // What attributes and comments stand before it belongs to no method.
    private static int LengthOf(BaseMethodDeclarationSyntax method)
    {
        SyntaxToken first = method.AttributeLists.Count > 0
            ? method.AttributeLists[^1].GetLastToken().GetNextToken()
            : method.GetFirstToken();
        FileLinePositionSpan start = first.GetLocation().GetLineSpan();
        return method.GetLocation().GetLineSpan().EndLinePosition.Line - start.StartLinePosition.Line + 1;
    }
}
