namespace ImageTrainer.Batch.Postgres;

/// <summary>A table as jobs need it.</summary>
/// <param name="Name">Its quoted name, with its schema where it has one.</param>
/// <param name="HasSchema">Whether the name has one.</param>
/// <param name="Definitions">Its columns, each as "name type".</param>
/// <param name="Key">The columns of its primary key.</param>
internal sealed record DatabaseTable(string Name, bool HasSchema, IReadOnlyList<string> Definitions, string Key)
{
    /// <summary>Names of its columns.</summary>
    public IReadOnlyList<string> Columns => [.. Definitions.Select(definition => definition.Split(' ')[0])];

    /// <summary>
    /// Where it is, of its name as $1. Without a schema that is the one that it would be made in; one further on in the search path counts only for
    /// those who may make none there, as somebody else's may have the same name.
    /// </summary>
    public string Place => HasSchema
        ? "to_regclass($1)"
        : "coalesce(to_regclass(quote_ident(current_schema()) || '.' || $1), "
            + "CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN NULL ELSE to_regclass($1) END)";

    /// <summary>Makes it where it is not there.</summary>
    public string Create => $"CREATE TABLE IF NOT EXISTS {Name} ({string.Join(", ", Definitions)}, PRIMARY KEY ({Key}));";
}
