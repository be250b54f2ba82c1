namespace ImageTrainer.Csv;

/// <summary>
/// A list of delimited text: commas, tabs, semicolons or bars, whichever makes sense of its first line, or what a line <c>sep=;</c> before it
/// says. The first line names the columns; where it does not, as lines of image and label alone do, they are told by what stands in them.
/// </summary>
internal sealed class DelimitedList : ListReader
{
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
        _hasRowNames = _hasHeader && next.Length > 0 && next[0].Fields.Count == first.Count + 1 && next[0].Fields[0] == "1" && next[0].Fields[^1].Length > 0;
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
                    $"Line {line} of '{File}' has {fields.Count} fields where the first line {(_hasHeader ? "names" : "has")} {Names.Count} columns; "
                        + "put text that holds the delimiter in double quotes.");
            yield return new ListRecord(line, [.. Names.Select((name, i) => new ListField(name, fields[i]))], _columns);
        }
    }

    private CsvReader Begin(StreamReader reader)
    {
        var records = new CsvReader(reader, _delimiter);
        for (int skipped = (_hasSeparatorLine ? 1 : 0) + (_hasHeader ? 1 : 0); skipped > 0; skipped--)
            Step(File, () => records.Line, records.Read);
        return records;
    }

    // What is malformed is told when it is read.
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

    // One-hot columns, as Roboflow, Keras and Kaggle's competitions write them.
    private IEnumerable<string> Flags(CsvRecord[] records) =>
        from i in Enumerable.Range(0, Names.Count)
        where i != _columns.Path && i != _columns.Split && records.Length > 0
            && records.All(record => i < record.Fields.Count && record.Fields[i].Trim() is "0" or "1" or "0.0" or "1.0" or "-1" or "-1.0" or "True" or "False")
        select Names[i].Trim();

    private static string Quote(IEnumerable<string> names)
    {
        string[] all = [.. names];
        string quoted = string.Join(", ", all.Take(10).Select(name => $"'{name}'"));
        return all.Length > 10 ? $"{quoted} and {all.Length - 10} more" : quoted;
    }
}
