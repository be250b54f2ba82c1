using System.Net.Sockets;
using ImageTrainer.Batch.Output;
using Npgsql;
using Polly;

namespace ImageTrainer.Batch.Postgres;

/// <summary>
/// Rows in a PostgreSQL table, one for each job and path. A commit is one transaction that holds the rows and the progress, so the
/// database itself knows how far a job is. Where the connection is lost in a commit, the next connection looks whether it counted. Not
/// safe for concurrent use; disposing it closes the connection and so frees the job for others.
/// </summary>
public sealed class PostgresSink : IScoreSink
{
    private readonly PostgresAddress _address;
    private readonly TimeProvider _clock;
    private readonly Action<string> _notice;
    private readonly CancellationToken _cancellationToken;

    /// <summary>The rows since the last commit.</summary>
    private readonly List<DatabaseRow> _rows = [];

    /// <summary>The connection; null before the first, and after a failure.</summary>
    private PostgresSession? _session;
    private JobIdentity? _identity;
    private RowLayout? _layout;

    /// <summary>How far the database is, as far as is known here.</summary>
    private JobProgress _committed = JobProgress.None;
    private string _job = "";

    /// <summary>Prepares; nothing is connected yet.</summary>
    /// <param name="address">The database.</param>
    /// <param name="clock">Times the pauses between attempts to connect.</param>
    /// <param name="notice">Told, in one sentence, whenever an attempt fails and another follows.</param>
    /// <param name="cancellationToken">
    /// Ends the waiting for a server. A cancelled job still commits over the connection that it has.
    /// </param>
    public PostgresSink(PostgresAddress address, TimeProvider clock, Action<string> notice, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentNullException.ThrowIfNull(notice);
        (_address, _clock, _notice, _cancellationToken) = (address, clock, notice, cancellationToken);
    }

    /// <inheritdoc/>
    public string Format => "postgres";

    /// <inheritdoc/>
    public JobProgress Open(JobIdentity identity, RowLayout layout, bool mayResume)
    {
        ArgumentNullException.ThrowIfNull(identity);
        _identity = identity with { ColumnNames = [.. identity.ColumnNames.Select(DatabaseText.Clean)] };
        _layout = layout;
        _job = _address.Job ?? NameOf(_identity);
        ResiliencePipeline retry = PostgresRetry.AtFirst(mayResume, _clock, _notice);
        return _committed = Attempt(retry, () => Connect().FindShare() is { } share ? Continue(share, mayResume) : Begin());
    }

    /// <inheritdoc/>
    public void Write(in ScoredRow row) => _rows.Add(DatabaseRow.Of(row, _layout!));

    /// <inheritdoc/>
    public void Commit(JobProgress progress)
    {
        Attempt(PostgresRetry.Later(_clock, _notice), () =>
        {
            // A new connection may find that the commit counted after all.
            if (_session is null && Reconnect() == progress) return progress;
            _session!.Commit(_rows, _identity!.ModelSha256, _committed, progress);
            return progress;
        });
        _committed = progress;
        _rows.Clear();
    }

    /// <inheritdoc/>
    public void Finish()
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _session?.Dispose();

    /// <summary>The name of a job that none was given: it follows from its input.</summary>
    /// <exception cref="ScoringRefusedException">The input is a stream, which has no hash yet.</exception>
    private static string NameOf(JobIdentity identity) => identity.InputSha256 is { } input
        ? $"input-{input[..16]}"
        : throw new ScoringRefusedException(
            ScoringRefusal.Impossible, "Paths from a stream give the job no name; add ?job=NAME to the database's address.");

    /// <summary>Begins the share, where other shares of the job are of the same one.</summary>
    private JobProgress Begin()
    {
        if (_session!.FindJob() is { } begun) CheckSame(begun with { ShardIndex = _identity!.ShardIndex });
        _session.Begin(_identity!);
        return JobProgress.None;
    }

    /// <summary>Goes on with a share that is there.</summary>
    /// <param name="share">What the database says of it.</param>
    /// <param name="resume">Whether that is wanted.</param>
    /// <exception cref="ScoringRefusedException">It is not wanted, or the job was another.</exception>
    private JobProgress Continue((JobIdentity Identity, JobProgress Progress) share, bool resume)
    {
        if (!resume)
            throw new ScoringRefusedException(
                ScoringRefusal.OutputExists,
                $"The job '{_job}' is in the database already; go on with --resume, or name another one with ?job=NAME in its address.");
        CheckSame(share.Identity);
        return share.Progress;
    }

    /// <summary>Refuses to go on with a job of another model, input or layout.</summary>
    private void CheckSame(JobIdentity begun)
    {
        if (_identity!.DifferencesTo(begun) is { Count: > 0 } differences)
            throw new ScoringRefusedException(
                ScoringRefusal.Different,
                $"The job '{_job}' was begun as another: {string.Join("; ", differences)}. "
                    + "Resume it as it was, or name another one with ?job=NAME.");
    }

    /// <summary>The connection, made where there is none.</summary>
    private PostgresSession Connect() => _session ??= PostgresSession.Open(_address, _job, _identity!.ShardIndex, _cancellationToken);

    /// <summary>Connects anew and looks how far the job is there: a commit whose answer was lost may have counted.</summary>
    private JobProgress Reconnect()
    {
        JobProgress found = Connect().FindShare()?.Progress ?? throw _session!.Disturbed();
        return found;
    }

    /// <summary>Does something with the database, again and again where the failure may pass.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while it was waited for the server.</exception>
    /// <exception cref="ScoringOutputException">The server is not to be had, or does not take the rows.</exception>
    private T Attempt<T>(ResiliencePipeline retry, Func<T> action)
    {
        try
        {
            if (_session is null) _cancellationToken.ThrowIfCancellationRequested();
            return _cancellationToken.IsCancellationRequested ? Once(action) : retry.Execute(_ => Once(action), _cancellationToken);
        }
        catch (Exception exception) when (_cancellationToken.IsCancellationRequested && PostgresRetry.IsPassing(exception))
        {
            throw new OperationCanceledException(exception.Message, exception, _cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or SocketException or TimeoutException)
        {
            throw new ScoringOutputException(_address.ToString(), PostgresRetry.Describe(exception) + Suspects(exception), exception);
        }
    }

    /// <summary>
    /// Between which rows the one is that the server does not take. PostgreSQL says what it does not take (22: data, as letters that its
    /// encoding lacks), and not in which row.
    /// </summary>
    private string Suspects(Exception exception) => exception is PostgresException { SqlState: ['2', '2', ..] } && _rows.Count > 0
        ? $", in a row from '{_rows[0].Path}' to '{_rows[^1].Path}'"
        : "";

    /// <summary>
    /// One attempt; after a failure the connection is thrown away. What a connection is worth after a failure nobody knows.
    /// </summary>
    private T Once<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch
        {
            _session?.Dispose();
            _session = null;
            throw;
        }
    }
}
