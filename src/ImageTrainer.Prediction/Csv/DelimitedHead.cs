using ImageTrainer.Files;

namespace ImageTrainer.Csv;

/// <summary>What the first line of a delimited text is.</summary>
internal enum DelimitedHeadKind
{
    /// <summary>Neither names nor an image that are known.</summary>
    Unknown,

    /// <summary>Names of columns, among them the path's, but not all that is needed.</summary>
    SomeNames,

    /// <summary>The first image already.</summary>
    Values,

    /// <summary>Names of all columns that are needed.</summary>
    Names,
}

/// <summary>The first line of a delimited text, cut at the delimiter that makes most sense of it.</summary>
/// <param name="Delimiter">The delimiter.</param>
/// <param name="HasSeparatorLine">Whether a line before it, as spreadsheets write it, names the delimiter.</param>
/// <param name="Kind">What the line is.</param>
/// <param name="First">Its fields.</param>
/// <param name="Columns">Which of them are which.</param>
/// <param name="IsGuessed">Whether the label is the one column besides the path, whatever its name.</param>
internal sealed record DelimitedHead(
    char Delimiter, bool HasSeparatorLine, DelimitedHeadKind Kind, IReadOnlyList<string> First, ListColumns Columns, bool IsGuessed = false)
{
    private static readonly string[] PartNames = ["train", "training", "val", "valid", "validation", "test", "testing", "unassigned"];

    /// <summary>Finds the delimiter. Never fails: what nothing makes sense of is <see cref="DelimitedHeadKind.Unknown"/>.</summary>
    /// <param name="file">The list, whose extension says what is tried first.</param>
    /// <param name="needs">What it must tell.</param>
    /// <param name="head">Its first characters.</param>
    public static DelimitedHead Find(string file, ListNeeds needs, string head)
    {
        if (FindSeparatorLine(head) is { } named) return Of(named, needs, head, hasSeparatorLine: true);
        // Spreadsheets write semicolons where the comma is the decimal sign, so the first line decides.
        char[] delimiters =
            Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase) ? ['\t', ',', ';', '|', ' '] : [',', '\t', ';', '|', ' '];
        DelimitedHead[] all = [.. delimiters.Select(delimiter => Of(delimiter, needs, head, hasSeparatorLine: false)).Where(IsSensible)];
        DelimitedHeadKind best = all.Max(one => one.Kind);
        return all.Where(one => one.Kind == best).MaxBy(one => best == DelimitedHeadKind.Values ? one.First.Count : 0)!;
    }

    /// <summary>The columns of a first line of names, and what to tell of them.</summary>
    /// <param name="refuseTwice">Told the name that counts where two columns have it.</param>
    public (ListColumns Columns, string? Notice) Named(Action<string> refuseTwice)
    {
        ListColumns.Find(First, refuseTwice);
        if (Columns.Label < 0) return (Columns, null);
        string label = First[Columns.Label].Trim();
        if (IsGuessed) return (Columns, $"The column '{label}' is taken for the label.");
        string[] others = [.. First.Where((name, i) => i != Columns.Label && ListColumns.MayBeLabel(name)).Select(name => $"'{name.Trim()}'")];
        bool isPlain = others.Length == 0 || label.Equals("label", StringComparison.OrdinalIgnoreCase);
        return (Columns, isPlain ? null : $"The column '{label}' is taken for the label, not {string.Join(", ", others)}.");
    }

    /// <summary>Says how a list without names is read.</summary>
    public string DescribeColumns(string file)
    {
        string label = Columns.Label < 0 ? "" : $", column {Columns.Label + 1} as label";
        string split = Columns.Split < 0 ? "" : $", column {Columns.Split + 1} as split";
        return $"'{file}' does not name its columns; column {Columns.Path + 1} is read as path{label}{split}.";
    }

    // Spaces are within names, so they separate a path from a label alone, as in lists of Caffe's.
    private static bool IsSensible(DelimitedHead one) =>
        one.Delimiter != ' ' || one is { Kind: DelimitedHeadKind.Values, First.Count: 2, Columns: { Path: 0, Label: 1 } };

    private static char? FindSeparatorLine(string head)
    {
        ReadOnlySpan<char> line = head.AsSpan().TrimStart("\r\n");
        int end = line.IndexOfAny('\r', '\n');
        if (end >= 0) line = line[..end];
        line = line.Trim('"');
        return line.Length == 5 && line.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) ? line[4] : null;
    }

    private static DelimitedHead Of(char delimiter, ListNeeds needs, string head, bool hasSeparatorLine)
    {
        IReadOnlyList<string> first = ReadFirst(head, delimiter, hasSeparatorLine);
        if (first.Any(FilePaths.IsImageName)) return OfValues(delimiter, needs, first, hasSeparatorLine);
        ListColumns named = ListColumns.Find(first);
        bool isGuessed = named is { Path: >= 0, Label: < 0 } && needs.Label && FindOnlyOther(first, named) >= 0;
        if (isGuessed) named = named with { Label = FindOnlyOther(first, named) };
        DelimitedHeadKind kind = needs.AreMetBy(named) ? DelimitedHeadKind.Names : named.Path >= 0 ? DelimitedHeadKind.SomeNames : DelimitedHeadKind.Unknown;
        return new DelimitedHead(delimiter, hasSeparatorLine, kind, first, named, isGuessed);
    }

    // With the wrong delimiter the line may not even be well-formed.
    private static IReadOnlyList<string> ReadFirst(string head, char delimiter, bool hasSeparatorLine)
    {
        try
        {
            var reader = new CsvReader(new StringReader(head), delimiter);
            if (hasSeparatorLine) reader.Read();
            return reader.Read()?.Fields ?? [];
        }
        catch (CsvFormatException)
        {
            return [];
        }
    }

    private static DelimitedHead OfValues(char delimiter, ListNeeds needs, IReadOnlyList<string> first, bool hasSeparatorLine)
    {
        int path = first.Index().First(field => FilePaths.IsImageName(field.Item)).Index;
        int[] others = [.. Enumerable.Range(0, first.Count).Where(i => i != path && first[i].Length > 0)];
        int split = Array.Find([.. others, -1], i => i < 0 || (needs.Split || others.Length > 1) && PartNames.Contains(first[i].Trim().ToLowerInvariant()));
        int[] rest = [.. others.Where(i => i != split)];
        var columns = new ListColumns(path, rest.Length == 1 ? rest[0] : -1, split);
        DelimitedHeadKind kind = needs.AreMetBy(columns) ? DelimitedHeadKind.Values : DelimitedHeadKind.Unknown;
        return new DelimitedHead(delimiter, hasSeparatorLine, kind, first, columns);
    }

    private static int FindOnlyOther(IReadOnlyList<string> names, ListColumns columns)
    {
        int[] others = [.. Enumerable.Range(0, names.Count).Where(i => i != columns.Path && i != columns.Split && !string.IsNullOrWhiteSpace(names[i]))];
        return others.Length == 1 ? others[0] : -1;
    }
}
