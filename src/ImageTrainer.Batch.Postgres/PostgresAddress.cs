using System.Text;
using Npgsql;

namespace ImageTrainer.Batch.Postgres;

/// <summary>
/// Where a job's rows go: a database, a table in it, and the name of the job. Immutable; it may hold a password, and never shows it.
/// </summary>
public sealed class PostgresAddress
{
    /// <summary>The table of an address that names none.</summary>
    private const string DefaultTable = "image_scores";

    /// <summary>Longest name of a table or a schema. UTF-8 bytes: PostgreSQL cuts longer names than 63, and "_jobs" comes behind.</summary>
    private const int LongestTable = 55;
    private static readonly string[] Schemes = ["postgres", "postgresql"];

    /// <summary>How often the connection is tried while nothing else goes over it, so that no firewall forgets it.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    private PostgresAddress(NpgsqlConnectionStringBuilder connection, IReadOnlyList<string> table, string? job) =>
        (Connection, Table, Job) = (connection, table, job);

    /// <summary>How to connect.</summary>
    internal NpgsqlConnectionStringBuilder Connection { get; }

    /// <summary>Name of the table, with its schema before it where it has one.</summary>
    internal IReadOnlyList<string> Table { get; }

    /// <summary>Name of the job, or null where it follows from the input.</summary>
    internal string? Job { get; }

    /// <summary>Whether a text names a database and no file: whether it begins with <c>postgres://</c> or <c>postgresql://</c>.</summary>
    /// <param name="output">The text.</param>
    public static bool IsAddress(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        return Schemes.Any(scheme => output.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>
    /// Reads <c>postgres://user:password@host:port/database?table=T&amp;job=J</c>. Other parameters are Npgsql's, as <c>sslmode</c>.
    /// Where it holds no password, PGPASSWORD and the user's pgpass file count, as for all of PostgreSQL's programs.
    /// </summary>
    /// <param name="output">The address.</param>
    /// <exception cref="ScoringRefusedException">
    /// The address makes no sense. The message does not repeat it, for it may hold a password.
    /// </exception>
    public static PostgresAddress Parse(string output)
    {
        if (!Uri.TryCreate(output, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
            throw Refused("it has to read postgres://user@host:5432/database");
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host,
            Database = uri.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(uri.AbsolutePath[1..]) : null,
            // One connection for the whole job: what it holds (lock, staging table) belongs to it.
            Pooling = false,
            KeepAlive = (int)KeepAlive.TotalSeconds,
            ApplicationName = "imagetrainer score",
        };
        if (uri.Port > 0) connection.Port = uri.Port;
        string[] user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0) connection.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2) connection.Password = Uri.UnescapeDataString(user[1]);
        return ReadQuery(uri.Query, connection);
    }

    /// <summary>Gives "postgres://host:port/database", without user and password.</summary>
    public override string ToString() => $"postgres://{Connection.Host}:{Connection.Port}/{Connection.Database}";

    /// <summary>Reads the parameters behind the '?'.</summary>
    /// <param name="query">The query with its '?', or an empty text.</param>
    /// <param name="connection">What the address said before it; parameters that are not ours are set on it.</param>
    /// <exception cref="ScoringRefusedException">A parameter has no '=', is none, or has a value that it cannot have.</exception>
    private static PostgresAddress ReadQuery(string query, NpgsqlConnectionStringBuilder connection)
    {
        (string table, string? job) = (DefaultTable, null);
        foreach (string pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            if (parts.Length < 2) throw Refused("it has a parameter without '='; within a value write & as %26");
            string value = Uri.UnescapeDataString(parts[1]);
            if (parts[0] == "table") table = value;
            else if (parts[0] == "job") job = value;
            else Set(connection, parts[0], value);
        }

        string[] names = table.Split('.');
        if (names.Length > 2 || !names.All(name => IsName(name, LongestTable)))
            throw Refused($"'{table}' is no name of a table of at most {LongestTable} bytes");
        if (job is not null && !IsName(job, DatabaseText.LongestJob))
            throw Refused($"job= is no name of a job of 1 to {DatabaseText.LongestJob} bytes");
        return new PostgresAddress(connection, names, job);
    }

    /// <summary>Whether a text can be a name: not empty, without U+0000, of so many bytes of UTF-8 at most.</summary>
    private static bool IsName(string text, int longest) =>
        text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(text) <= longest;

    /// <summary>Sets one of Npgsql's own parameters.</summary>
    /// <exception cref="ScoringRefusedException">There is none of that name, or it takes no such value; the value is not
    /// repeated.</exception>
    private static void Set(NpgsqlConnectionStringBuilder connection, string name, string value)
    {
        try
        {
            connection[name] = value;
        }
        catch (ArgumentException)
        {
            throw Refused($"it has a parameter '{name}' that is none, or none that takes its value");
        }
    }

    private static ScoringRefusedException Refused(string reason) =>
        new(ScoringRefusal.Impossible, $"--output is no address of a database: {reason}.");
}
