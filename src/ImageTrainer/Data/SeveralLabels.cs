using ImageTrainer.Csv;

namespace ImageTrainer.Data;

/// <summary>Recognises lists whose cells hold several labels: each combination would be a class of its own.</summary>
internal static class SeveralLabels
{
    // A label's own text may hold commas ("tench, Tinca tinca") and spaces, so those count where the parts are labels elsewhere.
    private static readonly char[] Separators = ['|', ';', ',', ' '];

    /// <summary>Refuses such a list.</summary>
    /// <param name="table">The list.</param>
    /// <param name="file">Full path of the list.</param>
    /// <exception cref="DatasetException">A cell holds several labels; names the line.</exception>
    public static void Refuse(ListTable table, string file)
    {
        bool isPlural = table.LabelColumn is { } name && ListColumns.IsPlural(name);
        ListRow[] distinct = [.. table.Rows.DistinctBy(row => row.Label, StringComparer.Ordinal)];
        ListRow? first = distinct.FirstOrDefault(row => IsArray(row.Label!));
        foreach (char separator in Separators)
            first ??= Find(distinct, separator, isPlural);
        if (first is not null)
            throw new DatasetException(file, ListReader.DescribeSeveralLabels(file, $"line {first.Line} has '{first.Label}'"));
    }

    private static bool IsArray(string label) => label is ['[', .., ']'] && label.Contains(',', StringComparison.Ordinal);

    private static ListRow? Find(ListRow[] distinct, char separator, bool isPlural)
    {
        ListRow[] combined = [.. distinct.Where(row => Parts(row.Label!, separator).Length > 1)];
        if (combined.Length == 0) return null;
        var alone = distinct.Select(row => row.Label!.Trim()).ToHashSet(StringComparer.Ordinal);
        var everywhere = distinct.SelectMany(row => Parts(row.Label!, separator).Distinct()).CountBy(part => part, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        return Array.Find(combined, row => Parts(row.Label!, separator) is var parts && separator switch
        {
            '|' or ';' => isPlural || Array.TrueForAll(parts, part => everywhere[part] > 1),
            ',' => (isPlural && Array.TrueForAll(parts, part => everywhere[part] > 1)) || Array.TrueForAll(parts, alone.Contains),
            _ => isPlural && Array.Exists(parts, alone.Contains),
        });
    }

    private static string[] Parts(string label, char separator) =>
        label.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
