using ImageTrainer.Csv;
using ImageTrainer.Files;

namespace ImageTrainer.Data;

/// <summary>Labels in sentences, and the traps in them.</summary>
internal static class LabelNames
{
    private const int MaxQuotedCount = 10;

    /// <summary>The first labels, each in single quotes, and how many more there are: "'cat', 'dog' and 3 more".</summary>
    public static string Quote(IReadOnlyList<string> labels)
    {
        string quoted = string.Join(", ", labels.Take(MaxQuotedCount).Select(label => $"'{label}'"));
        return labels.Count > MaxQuotedCount ? $"{quoted} and {labels.Count - MaxQuotedCount} more" : quoted;
    }

    /// <summary>
    /// A notice for each group of labels that look the same to a person: they differ only in letter case, spaces or Unicode
    /// composition ("é" as one character or as two).
    /// </summary>
    public static IEnumerable<string> FindLookalikes(IEnumerable<string> labels) =>
        from label in labels
        group label by Simplify(label) into alike
        where alike.Count() > 1
        select $"{Quote([.. alike])} differ only in letter case, spaces or Unicode composition, and are separate classes; give them one name if they are the same.";

    /// <summary>A notice of labels that begin or end with a space, as they come about by spaces beside a list's commas.</summary>
    public static IEnumerable<string> FindSpaced(IEnumerable<string> labels)
    {
        string[] spaced = [.. labels.Where(label => char.IsWhiteSpace(label[0]) || char.IsWhiteSpace(label[^1]))];
        if (spaced.Length > 0) yield return $"{Quote(spaced)}: the spaces at the ends are part of the labels.";
    }

    private static string Simplify(string label) =>
        UnicodeForm.Compose(string.Join(' ', label.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).ToUpperInvariant();
}
