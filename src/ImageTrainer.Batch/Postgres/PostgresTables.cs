using Npgsql;

namespace ImageTrainer.Batch.Postgres;

/// <summary>The tables of a job: rows, and how far each share is. Names come from the user and are quoted.</summary>
/// <param name="names">Name of the table of rows, with its schema where it has one.</param>
internal sealed class PostgresTables(IReadOnlyList<string> names)
{
    // Unqualified names are looked up among a connection's temporary tables first, so no user's table may have this one.
    private const string Staging = "pg_temp.imagetrainer_rows_to_merge";

    private static readonly string[] RowDefinitions =
    [
        "job text NOT NULL", "path text NOT NULL", "position bigint NOT NULL", "predicted_label text", "probability real", "top_k jsonb",
        "embedding real[]", "error text", "model_sha256 text NOT NULL", "columns jsonb",
    ];

    private static readonly string[] JobDefinitions =
    [
        "job text NOT NULL", "shard_index int NOT NULL", "identity jsonb NOT NULL", "progress jsonb NOT NULL", "next_position bigint NOT NULL",
        "is_finished boolean NOT NULL", "updated_at timestamptz NOT NULL DEFAULT now()",
    ];

    /// <summary>The table of rows.</summary>
    public DatabaseTable Rows { get; } = new(Quote(names), names.Count > 1, RowDefinitions, "job, path");

    /// <summary>The table of jobs.</summary>
    public DatabaseTable Jobs { get; } = new(Quote([.. names.SkipLast(1), names[^1] + "_jobs"]), names.Count > 1, JobDefinitions, "job, shard_index");

    /// <summary>Makes the table that a connection copies rows into; it is gone with the connection.</summary>
    public string CreateStaging => $"CREATE TEMPORARY TABLE {Staging} (LIKE {Rows.Name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS";

    /// <summary>Starts a binary copy into it.</summary>
    public string Copy => $"COPY {Staging} ({Columns}) FROM STDIN (FORMAT binary)";

    /// <summary>Moves its rows over; of a path that comes twice, the last mention counts.</summary>
    public string Merge => $"""
        INSERT INTO {Rows.Name} AS target ({Columns})
        SELECT DISTINCT ON (job, path) {Columns} FROM {Staging} ORDER BY job, path, position DESC
        ON CONFLICT (job, path) DO UPDATE SET position = excluded.position, predicted_label = excluded.predicted_label,
            probability = excluded.probability, top_k = excluded.top_k, embedding = excluded.embedding, error = excluded.error,
            model_sha256 = excluded.model_sha256, columns = excluded.columns
        WHERE target.position <= excluded.position
        """;

    /// <summary>A command of one of these.</summary>
    public static NpgsqlCommand Command(NpgsqlConnection connection, string text, params ReadOnlySpan<object?> parameters)
    {
        var command = new NpgsqlCommand(text, connection);
        foreach (object? parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        return command;
    }

    private string Columns => string.Join(", ", Rows.Columns);

    private static string Quote(IEnumerable<string> names) =>
        string.Join('.', names.Select(name => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
}
