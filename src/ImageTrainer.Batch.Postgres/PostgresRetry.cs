using System.Net.Sockets;
using Npgsql;
using Polly;
using Polly.Retry;

namespace ImageTrainer.Batch.Postgres;

/// <summary>How often the connection to a server that does not answer is tried again, with growing pauses between the attempts.</summary>
internal static class PostgresRetry
{
    /// <summary>Pause before the second attempt; each further one is twice as long.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.2);

    /// <summary>The longest pause.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Attempts where nobody answers. About six seconds, for a server that is about to listen. More is a wrong address.</summary>
    private const int FewAttempts = 5;

    /// <summary>Attempts where somebody will. About ten minutes.</summary>
    private const int ManyAttempts = 26;

    /// <summary>
    /// Makes the retrying at the start of a job: long where the server answers and will take the job by and by, short where nobody answers.
    /// </summary>
    /// <param name="resume">Whether the lock may still be that of an earlier run, whose connection the server has not missed yet.</param>
    /// <param name="clock">Times the pauses.</param>
    /// <param name="notice">Told of every failure that is followed by another attempt.</param>
    public static ResiliencePipeline AtFirst(bool resume, TimeProvider clock, Action<string> notice)
    {
        return new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(Retry(WillTakeIt, ManyAttempts, notice))
            .AddRetry(Retry(exception => IsPassing(exception) && !WillTakeIt(exception), FewAttempts, notice))
            .Build();
        bool WillTakeIt(Exception exception) => IsNotReady(exception) || (resume && IsLocked(exception));
    }

    /// <summary>Makes the retrying in the middle of a job, which is long for every failure that passes.</summary>
    /// <param name="clock">Times the pauses.</param>
    /// <param name="notice">Told of every failure that is followed by another attempt.</param>
    public static ResiliencePipeline Later(TimeProvider clock, Action<string> notice) =>
        new ResiliencePipelineBuilder { TimeProvider = clock }.AddRetry(Retry(IsPassing, ManyAttempts, notice)).Build();

    /// <summary>Whether a failure lies in the connection or the server's state, and not in what was asked.</summary>
    public static bool IsPassing(Exception exception) => IsNotReady(exception) || IsLocked(exception) || exception switch
    {
        // Connection lost (08), deadlock or serialisation (40).
        PostgresException { SqlState: var state } =>
            state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("40", StringComparison.Ordinal),
        NpgsqlException or IOException or SocketException or TimeoutException => true,
        _ => false,
    };

    /// <summary>A failure in one line; PostgreSQL's own details are further ones.</summary>
    public static string Describe(Exception exception) =>
        exception is PostgresException refusal ? $"{refusal.SqlState}: {refusal.MessageText}" : exception.Message;

    /// <summary>
    /// Whether a server answers that it is not ready yet, or not any more. Shutting down, starting or recovering (57P), out of
    /// connections (53300).
    /// </summary>
    private static bool IsNotReady(Exception exception) => exception is PostgresException { SqlState: var state }
        && (state.StartsWith("57P", StringComparison.Ordinal) || state == PostgresErrorCodes.TooManyConnections);

    /// <summary>
    /// Whether another connection has the job. This process's own lost connection may hold the lock until the server misses it.
    /// </summary>
    private static bool IsLocked(Exception exception) => exception is ScoringRefusedException { Refusal: ScoringRefusal.Locked };

    /// <summary>Retrying with pauses that grow.</summary>
    /// <param name="isPassing">Which failures are followed by another attempt.</param>
    /// <param name="attemptCount">Attempts after the first one.</param>
    /// <param name="notice">Told of each of them.</param>
    private static RetryStrategyOptions Retry(Predicate<Exception> isPassing, int attemptCount, Action<string> notice) => new()
    {
        ShouldHandle = new PredicateBuilder().Handle<Exception>(exception => isPassing(exception)),
        BackoffType = DelayBackoffType.Exponential,
        Delay = FirstPause,
        MaxDelay = LongestPause,
        MaxRetryAttempts = attemptCount,
        OnRetry = attempt =>
        {
            notice($"{Describe(attempt.Outcome.Exception!).TrimEnd('.')}; trying again in {attempt.RetryDelay.TotalSeconds:0.0} s.");
            return ValueTask.CompletedTask;
        },
    };
}
