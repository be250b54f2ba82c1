using Npgsql;

namespace ImageTrainer.Batch.Postgres;

/// <summary>The tables of a job: its rows, and how far each share is. Names come from the user and are quoted.</summary>
/// <param name="names">Name of the table of rows, with its schema where it has one.</param>
internal sealed class PostgresTables(IReadOnlyList<string> names)
{
    /// <summary>
    /// The table into which a connection copies its rows. Unqualified names are looked up among a connection's temporary tables first, so
    /// no user's table may have this one.
    /// </summary>
    private const string Staging = "pg_temp.imagetrainer_rows_to_merge";

    /// <summary>The columns of the rows, as SQL has them.</summary>
    private static readonly string[] RowDefinitions =
    [
        "job text NOT NULL", "path text NOT NULL", "position bigint NOT NULL", "predicted_label text", "probability real", "top_k jsonb",
        "embedding real[]", "error text", "model_sha256 text NOT NULL", "columns jsonb",
    ];

    /// <summary>
    /// The columns of the jobs; <c>next_position</c> is what a commit looks at, so that two that do not know of each other cannot both
    /// count.
    /// </summary>
    private static readonly string[] JobDefinitions =
    [
        "job text NOT NULL", "shard_index int NOT NULL", "identity jsonb NOT NULL", "progress jsonb NOT NULL",
        "next_position bigint NOT NULL", "is_finished boolean NOT NULL", "updated_at timestamptz NOT NULL DEFAULT now()",
    ];

    /// <summary>The table of rows.</summary>
    public DatabaseTable Rows { get; } = new(Quote(names), names.Count > 1, RowDefinitions, "job, path");

    /// <summary>The table of jobs.</summary>
    public DatabaseTable Jobs { get; } =
        new(Quote([.. names.SkipLast(1), names[^1] + "_jobs"]), names.Count > 1, JobDefinitions, "job, shard_index");

    /// <summary>SQL that makes the table into which a connection copies rows; it is gone with the connection.</summary>
    public string CreateStaging => $"CREATE TEMPORARY TABLE {Staging} (LIKE {Rows.Name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS";

    /// <summary>SQL that starts a binary copy into it.</summary>
    public string Copy => $"COPY {Staging} ({Columns}) FROM STDIN (FORMAT binary)";

    /// <summary>SQL that moves its rows over; where a path comes twice, the last mention counts.</summary>
    public string Merge => $"""
        INSERT INTO {Rows.Name} AS target ({Columns})
        SELECT DISTINCT ON (job, path) {Columns} FROM {Staging} ORDER BY job, path, position DESC
        ON CONFLICT (job, path) DO UPDATE SET position = excluded.position, predicted_label = excluded.predicted_label,
            probability = excluded.probability, top_k = excluded.top_k, embedding = excluded.embedding, error = excluded.error,
            model_sha256 = excluded.model_sha256, columns = excluded.columns
        WHERE target.position <= excluded.position
        """;

    /// <summary>Makes a command with positional parameters; null becomes NULL.</summary>
    public static NpgsqlCommand Command(NpgsqlConnection connection, string text, params ReadOnlySpan<object?> parameters)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (object? parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        return command;
    }

    /// <summary>The columns of the rows for INSERT, SELECT and COPY.</summary>
    private string Columns => string.Join(", ", Rows.Columns);

    /// <summary>Quotes each part of a name, so that it means itself, and joins them by points.</summary>
    private static string Quote(IEnumerable<string> names) =>
        string.Join('.', names.Select(name => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
}

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
    /// SQL for where it is, with its name as $1. Without a schema that is the schema in which it would be made; one further on in the
    /// search path counts only for users who may not make tables there, because somebody else's table may have the same name.
    /// </summary>
    public string Place => HasSchema
        ? "to_regclass($1)"
        : "coalesce(to_regclass(quote_ident(current_schema()) || '.' || $1), "
            + "CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN NULL ELSE to_regclass($1) END)";

    /// <summary>SQL that makes it where it is missing.</summary>
    public string Create => $"CREATE TABLE IF NOT EXISTS {Name} ({string.Join(", ", Definitions)}, PRIMARY KEY ({Key}));";
}
