using System.Text.Json;
using ImageTrainer.Batch.Output;
using Npgsql;
using NpgsqlTypes;

namespace ImageTrainer.Batch.Postgres;

/// <summary>
/// One connection that holds one job's lock: a session's advisory lock, which the server frees with the connection, however that ends.
/// After any failure it is thrown away for a new one.
/// </summary>
internal sealed class PostgresSession : IDisposable
{
    /// <summary>
    /// Number of the advisory lock under which tables are made. Tables are made under one lock: two sessions that make the same one at
    /// once would fail.
    /// </summary>
    private const long CreationLock = 0x1DA6E5C08E;

    private readonly NpgsqlConnection _connection;
    private readonly PostgresTables _tables;
    private readonly string _job;
    private readonly int _shardIndex;

    private PostgresSession(NpgsqlConnection connection, PostgresTables tables, string job, int shardIndex) =>
        (_connection, _tables, _job, _shardIndex) = (connection, tables, job, shardIndex);

    /// <summary>Connects, makes the tables where they are not there, and takes the job's lock.</summary>
    /// <exception cref="NpgsqlException">The server is not to be had, or refuses.</exception>
    /// <exception cref="ScoringRefusedException">Another connection has the lock, or a table has not the columns of one.</exception>
    /// <exception cref="OperationCanceledException">Cancelled while it was connecting.</exception>
    public static PostgresSession Open(PostgresAddress address, string job, int shardIndex, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(address.Connection.ConnectionString);
        var session = new PostgresSession(connection, new PostgresTables(address.Table), job, shardIndex);
        try
        {
            // Only this way of connecting can be cancelled: a host that never answers takes a quarter of a minute.
            connection.OpenAsync(cancellationToken).GetAwaiter().GetResult();
            session.PrepareTables();
            session.TakeLock(string.Join('.', address.Table));
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>How far the share is, with the job as it was begun; null where it was not.</summary>
    public (JobIdentity Identity, JobProgress Progress)? FindShare() => Find("job = $1 AND shard_index = $2");

    /// <summary>The job as any of its shares was begun, or null.</summary>
    public JobIdentity? FindJob() => Find("job = $1 AND $2 IS NOT NULL")?.Identity;

    /// <summary>Records that a share is begun.</summary>
    public void Begin(JobIdentity identity)
    {
        using NpgsqlCommand command = PostgresTables.Command(
            _connection,
            $"INSERT INTO {_tables.Jobs.Name} (job, shard_index, identity, progress, next_position, is_finished) "
                + "VALUES ($1, $2, $3::jsonb, $4::jsonb, 0, false)",
            _job,
            _shardIndex,
            JsonSerializer.Serialize(identity, DatabaseJson.Default.JobIdentity),
            JsonSerializer.Serialize(JobProgress.None, DatabaseJson.Default.JobProgress));
        command.ExecuteNonQuery();
    }

    /// <summary>Moves rows into the table and the share's progress with them, in one transaction.</summary>
    /// <param name="rows">The rows since the last commit.</param>
    /// <param name="modelSha256">The model's hash.</param>
    /// <param name="from">The progress that is there.</param>
    /// <param name="to">The progress with the rows.</param>
    /// <exception cref="NpgsqlException">It failed, or may have: what the server then says of the progress decides.</exception>
    /// <exception cref="ScoringRefusedException">The progress that is there is another.</exception>
    public void Commit(IReadOnlyList<DatabaseRow> rows, string modelSha256, JobProgress from, JobProgress to)
    {
        using NpgsqlTransaction transaction = _connection.BeginTransaction();
        if (rows.Count > 0)
        {
            Copy(rows, modelSha256);
            Execute(_tables.Merge);
        }

        using NpgsqlCommand command = PostgresTables.Command(
            _connection,
            $"UPDATE {_tables.Jobs.Name} SET progress = $3::jsonb, next_position = $4, is_finished = $5, updated_at = now() "
                + "WHERE job = $1 AND shard_index = $2 AND next_position = $6 AND NOT is_finished",
            _job,
            _shardIndex,
            JsonSerializer.Serialize(to, DatabaseJson.Default.JobProgress),
            to.NextPosition,
            to.IsFinished,
            from.NextPosition);
        if (command.ExecuteNonQuery() != 1) throw Disturbed();
        transaction.Commit();
    }

    /// <summary>The refusal where the database is not as this job left it.</summary>
    public ScoringRefusedException Disturbed() => new(
        ScoringRefusal.Different, $"Somebody else has changed the job '{_job}' in the database while it ran; look there before you go on.");

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    /// <summary>
    /// Makes the tables that are missing, and looks at those that are there. A role that may not make tables can use those that are
    /// there.
    /// </summary>
    /// <exception cref="ScoringRefusedException">A table of that name is another one.</exception>
    private void PrepareTables()
    {
        DatabaseTable[] tables = [_tables.Rows, _tables.Jobs];
        string missing = string.Concat(tables.Where(table => FindColumns(table).Count == 0).Select(table => table.Create));
        if (missing.Length > 0) Execute($"BEGIN; SELECT pg_advisory_xact_lock({CreationLock}); {missing} COMMIT;");
        foreach (DatabaseTable table in tables) CheckColumns(table);
        Execute(_tables.CreateStaging);
    }

    /// <summary>Refuses a table that lacks one of our columns; more of them do no harm.</summary>
    private void CheckColumns(DatabaseTable table)
    {
        string[] missing = [.. table.Columns.Except(FindColumns(table), StringComparer.Ordinal)];
        if (missing.Length > 0)
            throw new ScoringRefusedException(
                ScoringRefusal.Impossible,
                $"The table {table.Name} in the database is another one: it has no column {string.Join(", ", missing)}. "
                    + "Name another one with ?table=NAME in the database's address.");
    }

    /// <summary>The columns that a table has in the database; none where there is no such table.</summary>
    private List<string> FindColumns(DatabaseTable table)
    {
        using NpgsqlCommand command = PostgresTables.Command(
            _connection,
            $"SELECT attname FROM pg_attribute WHERE attrelid = {table.Place} AND attnum > 0 AND NOT attisdropped",
            table.Name);
        using NpgsqlDataReader reader = command.ExecuteReader();
        var columns = new List<string>();
        while (reader.Read()) columns.Add(reader.GetString(0));
        return columns;
    }

    /// <summary>Takes the lock of one share of a job, without waiting.</summary>
    /// <exception cref="ScoringRefusedException">Another connection has it.</exception>
    private void TakeLock(string table)
    {
        using NpgsqlCommand command = PostgresTables.Command(
            _connection, "SELECT pg_try_advisory_lock(hashtextextended($1, 0))", $"{table}/{_job}/{_shardIndex}");
        if (command.ExecuteScalar() is not true)
            throw new ScoringRefusedException(
                ScoringRefusal.Locked, $"Another process is scoring the job '{_job}'; wait for it, or name another one with job=");
    }

    /// <summary>What the table of jobs says of the first row that a condition meets.</summary>
    /// <param name="condition">SQL over $1, the job, and $2, the share.</param>
    private (JobIdentity Identity, JobProgress Progress)? Find(string condition)
    {
        using NpgsqlCommand command = PostgresTables.Command(
            _connection, $"SELECT identity, progress FROM {_tables.Jobs.Name} WHERE {condition} LIMIT 1", _job, _shardIndex);
        using NpgsqlDataReader reader = command.ExecuteReader();
        if (!reader.Read()) return null;
        JobIdentity identity = JsonSerializer.Deserialize(reader.GetString(0), DatabaseJson.Default.JobIdentity) ?? throw Disturbed();
        JobProgress progress = JsonSerializer.Deserialize(reader.GetString(1), DatabaseJson.Default.JobProgress) ?? throw Disturbed();
        return (identity, progress);
    }

    private void Execute(string text)
    {
        using NpgsqlCommand command = PostgresTables.Command(_connection, text);
        command.ExecuteNonQuery();
    }

    /// <summary>Copies rows into the staging table, in PostgreSQL's binary form.</summary>
    private void Copy(IReadOnlyList<DatabaseRow> rows, string modelSha256)
    {
        using NpgsqlBinaryImporter importer = _connection.BeginBinaryImport(_tables.Copy);
        foreach (DatabaseRow row in rows)
        {
            importer.StartRow();
            importer.Write(_job, NpgsqlDbType.Text);
            importer.Write(row.Path, NpgsqlDbType.Text);
            importer.Write(row.Position, NpgsqlDbType.Bigint);
            Write(importer, row.Label, NpgsqlDbType.Text);
            Write(importer, row.Probability, NpgsqlDbType.Real);
            Write(importer, row.TopK, NpgsqlDbType.Jsonb);
            Write(importer, row.Embedding, NpgsqlDbType.Array | NpgsqlDbType.Real);
            Write(importer, row.Error, NpgsqlDbType.Text);
            importer.Write(modelSha256, NpgsqlDbType.Text);
            Write(importer, row.Columns, NpgsqlDbType.Jsonb);
        }

        importer.Complete();
    }

    /// <summary>Writes one value; null is NULL.</summary>
    private static void Write<T>(NpgsqlBinaryImporter importer, T? value, NpgsqlDbType type)
    {
        if (value is null) importer.WriteNull();
        else importer.Write(value, type);
    }
}
