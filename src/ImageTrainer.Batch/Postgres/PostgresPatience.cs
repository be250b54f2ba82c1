using System.Net.Sockets;
using Npgsql;
using Polly;
using Polly.Retry;

namespace ImageTrainer.Batch.Postgres;

/// <summary>How long a server that is not to be had is waited for, with growing pauses between attempts.</summary>
internal static class PostgresPatience
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Attempts at the start of a job: about ten seconds, for a server that is just starting. More is a wrong address.</summary>
    public const int FewAttempts = 5;

    /// <summary>Attempts in the middle of a job: about ten minutes.</summary>
    public const int ManyAttempts = 26;

    /// <summary>Makes the retrying.</summary>
    /// <param name="attemptCount">Attempts after the first.</param>
    /// <param name="clock">Times the pauses.</param>
    /// <param name="notice">Told of every failure that is followed by another attempt.</param>
    public static ResiliencePipeline Create(int attemptCount, TimeProvider clock, Action<string> notice) =>
        new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(IsPassing),
                BackoffType = DelayBackoffType.Exponential,
                Delay = FirstPause,
                MaxDelay = LongestPause,
                MaxRetryAttempts = attemptCount,
                OnRetry = attempt =>
                {
                    notice($"{attempt.Outcome.Exception!.Message.TrimEnd('.')}; trying again in {attempt.RetryDelay.TotalSeconds:0.0} s.");
                    return ValueTask.CompletedTask;
                },
            })
            .Build();

    /// <summary>Whether a failure lies in the connection or the server's state, and not in what was asked.</summary>
    private static bool IsPassing(Exception exception) => exception switch
    {
        // Connection lost (08), server shutting down or starting (57P), out of connections (53300), deadlock or serialisation (40).
        PostgresException { SqlState: var state } =>
            state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("57P", StringComparison.Ordinal)
            || state.StartsWith("40", StringComparison.Ordinal) || state == PostgresErrorCodes.TooManyConnections,
        // This process's own lost connection may hold the lock until the server misses it.
        ScoringRefusedException { Refusal: ScoringRefusal.Locked } => true,
        NpgsqlException or IOException or SocketException or TimeoutException => true,
        _ => false,
    };
}
