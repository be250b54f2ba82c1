namespace ImageTrainer.Csv;

/// <summary>
/// A list of delimited text: commas, tabs, semicolons or bars, whichever makes sense of its first line, or what a line <c>sep=;</c>
/// before it
/// says. The first line names the columns; where it does not, as lines of image and label alone do, they are told by what stands in them.
/// </summary>
internal sealed class DelimitedList : ListReader
{
    /// <summary>Records that are looked at to tell what the columns hold.</summary>
    private const int MostLooked = 200;
    private readonly char _delimiter;
    private readonly bool _hasSeparatorLine;
    private readonly bool _hasHeader;
    private readonly bool _hasRowNames;
    private readonly ListColumns _columns;

    /// <summary>Finds out how the list is written.</summary>
    /// <param name="file">Path of the list.</param>
    /// <param name="needs">What it must tell.</param>
    /// <param name="text">Its text.</param>
    /// <param name="head">The first characters.</param>
    /// <exception cref="ListException">No delimiter makes a list of it.</exception>
    public DelimitedList(string file, ListNeeds needs, ListText text, string head)
        : base(file, needs, text)
    {
        DelimitedHead found = DelimitedHead.Find(file, needs, head);
        (_delimiter, _hasSeparatorLine) = (found.Delimiter, found.HasSeparatorLine);
        _hasHeader = found.Kind is not DelimitedHeadKind.Values;
        IReadOnlyList<string> first = found.First;
        Names = [.. first.Select((name, i) => _hasHeader && !string.IsNullOrWhiteSpace(name) ? name : $"column{i + 1}")];
        (_columns, string? notice) = _hasHeader ? found.Named(RefuseTwice) : (found.Columns, found.DescribeColumns(file));
        if (notice is not null) Say(notice);
        CsvRecord[] next = [.. Step(File, () => 1, () => Peek().ToArray())];
        if (!needs.AreMetBy(_columns)) throw Missing(first, next);
        _hasRowNames = _hasHeader && next is [{ Fields: ["1", .., { Length: > 0 }] fields }, ..] && fields.Count == first.Count + 1;
    }

    /// <summary>The names of the columns; those without one are "column2" and so on.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The position of the path's column.</summary>
    public int PathColumn => _columns.Path;

    /// <inheritdoc/>
    public override IEnumerable<ListRecord> Read()
    {
        using StreamReader reader = Restart();
        CsvReader records = Begin(reader);
        while (Step(File, () => records.Line, records.Read) is { Line: long line, Fields: { } fields })
        {
            // As R's write.table writes them: the rows have a name that the first line knows nothing of.
            if (_hasRowNames && fields.Count == Names.Count + 1) fields = [.. fields.Skip(1)];
            if (fields.Count < Names.Count || fields.Skip(Names.Count).Any(field => field.Length > 0))
                throw new ListException(
                    $"Line {line} of '{File}' has {fields.Count} fields where the first line {(_hasHeader ? "names" : "has")} "
                        + $"{Names.Count} columns; put text that holds the delimiter in double quotes.");
            yield return new ListRecord(line, [.. Names.Select((name, i) => new ListField(name, fields[i]))], _columns);
        }
    }

    /// <summary>Passes over what stands before the first image.</summary>
    private CsvReader Begin(StreamReader reader)
    {
        var records = new CsvReader(reader, _delimiter);
        for (int skipped = (_hasSeparatorLine ? 1 : 0) + (_hasHeader ? 1 : 0); skipped > 0; skipped--)
            Step(File, () => records.Line, records.Read);
        return records;
    }

    /// <summary>The first records, as far as they are well-formed. What is malformed is told when it is read.</summary>
    private IEnumerable<CsvRecord> Peek()
    {
        using StreamReader reader = Restart();
        CsvReader records = Begin(reader);
        for (int i = 0; i < MostLooked; i++)
        {
            CsvRecord? record;
            try
            {
                record = records.Read();
            }
            catch (CsvFormatException)
            {
                record = null;
            }

            if (record is null) yield break;
            yield return record.Value;
        }
    }

    private void RefuseTwice(string name) =>
        throw new ListException($"The first line of '{File}' names the column {name} twice; rename one of them.");

    /// <summary>
    /// What is wrong with a list whose first line does not name what is needed: nothing in it, several labels an image, or other names.
    /// </summary>
    /// <param name="first">The fields of the first line.</param>
    /// <param name="next">The records behind it.</param>
    private ListException Missing(IReadOnlyList<string> first, CsvRecord[] next)
    {
        string wanted = Needs.Names.Length == 1 ? "column path" : $"columns {string.Join(", ", Needs.Names)}";
        if (first.Count == 0 || (first.Count == 1 && first[0].Length == 0))
            return new ListException($"The first line of '{File}' has to name the {wanted}; it is empty.");
        string[] flags = [.. Flags(next)];
        if (_columns is { Path: >= 0, Label: < 0 } && Needs.Label && flags.Length > 1)
            return SeveralLabels($"its columns {Quote(flags)} are 0 or 1 for each image");
        return new ListException(
            $"The first line of '{File}' has to name the {wanted}; it reads {Quote(first)}. "
                + $"Call the column of the files path{(Needs.Label ? " and that of the classes label" : "")}.");
    }

    /// <summary>
    /// Names of the columns that hold yes or no for every image. One-hot columns, as Roboflow, Keras and Kaggle's competitions write
    /// them.
    /// </summary>
    private IEnumerable<string> Flags(CsvRecord[] records) =>
        from i in Enumerable.Range(0, Names.Count)
        where i != _columns.Path && i != _columns.Split && records.Length > 0
            && records.All(record => i < record.Fields.Count && record.Fields[i].Trim() is "0" or "1" or "0.0" or "1.0" or "-1" or "-1.0"
                or "True" or "False")
        select Names[i].Trim();

    /// <summary>The first ten names in quotes, and how many more there are.</summary>
    private static string Quote(IEnumerable<string> names)
    {
        string[] all = [.. names];
        string quoted = string.Join(", ", all.Take(10).Select(name => $"'{name}'"));
        return all.Length > 10 ? $"{quoted} and {all.Length - 10} more" : quoted;
    }
}

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
    /// <summary>What a column holds that says in which part of a data set an image is.</summary>
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
            Path.GetExtension(file).Equals(".tsv", StringComparison.OrdinalIgnoreCase)
            ? ['\t', ',', ';', '|', ' ']
            : [',', '\t', ';', '|', ' '];
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
        string[] others =
            [.. First.Where((name, i) => i != Columns.Label && ListColumns.MayBeLabel(name)).Select(name => $"'{name.Trim()}'")];
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

    /// <summary>
    /// Whether a delimiter may be what separates the fields. Spaces are within names, so they separate a path from a label alone, as in
    /// lists of Caffe's.
    /// </summary>
    private static bool IsSensible(DelimitedHead one) =>
        one.Delimiter != ' ' || one is { Kind: DelimitedHeadKind.Values, First.Count: 2, Columns: { Path: 0, Label: 1 } };

    /// <summary>
    /// The delimiter that a first line like <c>sep=;</c> names, as Excel writes and reads it; null where there is no such line.
    /// </summary>
    private static char? FindSeparatorLine(string head)
    {
        ReadOnlySpan<char> line = head.AsSpan().TrimStart("\r\n");
        int end = line.IndexOfAny('\r', '\n');
        if (end >= 0) line = line[..end];
        line = line.Trim('"');
        return line.Length == 5 && line.StartsWith("sep=", StringComparison.OrdinalIgnoreCase) ? line[4] : null;
    }

    /// <summary>What the first line is when it is cut at a delimiter.</summary>
    private static DelimitedHead Of(char delimiter, ListNeeds needs, string head, bool hasSeparatorLine)
    {
        IReadOnlyList<string> first = ReadFirst(head, delimiter, hasSeparatorLine);
        if (first.Any(FilePaths.IsImageName)) return OfValues(delimiter, needs, first, hasSeparatorLine);
        ListColumns named = ListColumns.Find(first);
        bool isGuessed = named is { Path: >= 0, Label: < 0 } && needs.Label && FindOnlyOther(first, named) >= 0;
        if (isGuessed) named = named with { Label = FindOnlyOther(first, named) };
        DelimitedHeadKind kind = needs.AreMetBy(named) ? DelimitedHeadKind.Names
            : named.Path >= 0 ? DelimitedHeadKind.SomeNames
            : DelimitedHeadKind.Unknown;
        return new DelimitedHead(delimiter, hasSeparatorLine, kind, first, named, isGuessed);
    }

    /// <summary>
    /// The fields of the first line; none where it is not well-formed. With the wrong delimiter the line may not even be well-formed.
    /// </summary>
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

    /// <summary>A first line that is an image already: columns are told by what stands in them.</summary>
    private static DelimitedHead OfValues(char delimiter, ListNeeds needs, IReadOnlyList<string> first, bool hasSeparatorLine)
    {
        int path = first.Index().First(field => FilePaths.IsImageName(field.Item)).Index;
        int[] others = [.. Enumerable.Range(0, first.Count).Where(i => i != path && first[i].Length > 0)];
        bool mayBeSplit = needs.Split || others.Length > 1;
        int split = Array.Find([.. others, -1], i => i < 0 || (mayBeSplit && PartNames.Contains(first[i].Trim().ToLowerInvariant())));
        int[] rest = [.. others.Where(i => i != split)];
        var columns = new ListColumns(path, rest.Length == 1 ? rest[0] : -1, split);
        DelimitedHeadKind kind = needs.AreMetBy(columns) ? DelimitedHeadKind.Values : DelimitedHeadKind.Unknown;
        return new DelimitedHead(delimiter, hasSeparatorLine, kind, first, columns);
    }

    /// <summary>The one column with a name beside path and split; -1 where there is none, or more than one.</summary>
    private static int FindOnlyOther(IReadOnlyList<string> names, ListColumns columns)
    {
        int[] others =
        [
            .. Enumerable.Range(0, names.Count)
                .Where(i => i != columns.Path && i != columns.Split && !string.IsNullOrWhiteSpace(names[i])),
        ];
        return others.Length == 1 ? others[0] : -1;
    }
}
