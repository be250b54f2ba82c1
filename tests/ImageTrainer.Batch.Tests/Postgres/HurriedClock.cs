namespace ImageTrainer.Tests.Postgres;

/// <summary>A clock whose pauses take a hundredth of their time.</summary>
internal sealed class HurriedClock : TimeProvider
{
    private const int Hurry = 100;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / Hurry : dueTime, period);
}
