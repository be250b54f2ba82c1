namespace ImageTrainer.Tests.Models;

/// <summary>Labels that break what takes text lightly.</summary>
internal static class NastyLabels
{
    private static readonly string[] First =
    [
        "\u87ba\u4e1d\u677e\u52a8", // Chinese
        "with  two spaces ",
        "\"quoted\", 'and', comma",
        new string('x', 300),
        "\ud83d\ude00 smile", // two UTF-16 characters, four bytes
        "e\u0301", // decomposed
        "tab\tand\\backslash",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", // right to left
        new string('\u9577', 300),
    ];

    /// <summary>So many labels, the nasty ones first.</summary>
    public static string[] Take(int count) => [.. First.Concat(Enumerable.Range(0, count).Select(i => $"class {i}")).Take(count)];
}
