namespace ImageTrainer.Batch.Postgres;

/// <summary>A table as jobs need it.</summary>
/// <param name="Name">Its quoted name, with its schema where it has one.</param>
/// <param name="Definitions">Its columns, each as "name type".</param>
/// <param name="Key">The columns of its primary key.</param>
internal sealed record DatabaseTable(string Name, IReadOnlyList<string> Definitions, string Key)
{
    /// <summary>Names of its columns.</summary>
    public IReadOnlyList<string> Columns => [.. Definitions.Select(definition => definition.Split(' ')[0])];

    /// <summary>Makes it where it is not there.</summary>
    public string Create => $"CREATE TABLE IF NOT EXISTS {Name} ({string.Join(", ", Definitions)}, PRIMARY KEY ({Key}));";
}
