using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace ImageTrainer.Tests;

/// <summary>What the pages show of C# compiles as it stands: each snippet in a method of its own, beside what the text around it takes as given.</summary>
[TestClass]
public partial class PageSnippetsTests
{
    private const string Given = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using ImageTrainer;
        using ImageTrainer.Evaluation;
        using ImageTrainer.Training;
        using Microsoft.ML;
        using Microsoft.ML.Data;
        {0}
        namespace {1}
        {{
            public static class Page
            {{
                private static MLContext mlContext = new MLContext();
                private static ITransformer model;
                private static IDataView trainSet, testSet;
                private static ImagePredictionEngine engine;
                private static string imageFolder;
                private static string[] paths;

                public static void Snippet()
                {{
        {2}
                }}
            }}
        }}
        """;

    private static readonly CompositeFormat Form = CompositeFormat.Parse(Given);

    [TestMethod]
    [DataRow("docs/mlnet.md", "MLNetInterop", 8)]
    [DataRow("src/ImageTrainer/README.md", "Application", 1)]
    [DataRow("src/ImageTrainer.Prediction/README.md", "Application", 1)]
    public void Snippets_OfAPage_Compile(string page, string space, int count)
    {
        string root = ReadmeTests.FindSources();
        string[] snippets = [.. Snippet().Matches(File.ReadAllText(Path.Combine(root, page)).ReplaceLineEndings("\n")).Select(match => match.Groups["code"].Value)];
        SyntaxTree[] sample = [.. new[] { "ImageInput.cs", "ImagePrediction.cs" }.Select(name => Parse(File.ReadAllText(Path.Combine(root, "samples/MLNetInterop", name))))];

        string[] errors = [.. snippets.SelectMany(snippet => ErrorsOf([Parse(Complete(snippet, space)), .. sample]))];

        Assert.HasCount(count, snippets);
        Assert.AreEqual("", string.Join('\n', errors));
    }

    private static string Complete(string snippet, string space)
    {
        ILookup<bool, string> lines = snippet.Split('\n').ToLookup(line => Directive().IsMatch(line));
        return string.Format(System.Globalization.CultureInfo.InvariantCulture, Form, string.Join('\n', lines[true]), space, string.Join('\n', lines[false]));
    }

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Latest));

    private static IEnumerable<string> ErrorsOf(SyntaxTree[] trees)
    {
        string[] assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create(
            "Page", trees, assemblies.Select(path => MetadataReference.CreateFromFile(path)), new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        return compilation.GetDiagnostics().Where(finding => finding.Severity == DiagnosticSeverity.Error).Select(finding => $"{finding}\n{finding.Location.SourceTree}");
    }

    [GeneratedRegex("""```csharp\n(?<code>.*?)```""", RegexOptions.Singleline)]
    private static partial Regex Snippet();

    [GeneratedRegex("""^using [\w.]+;$""")]
    private static partial Regex Directive();
}
