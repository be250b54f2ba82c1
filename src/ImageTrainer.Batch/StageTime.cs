namespace ImageTrainer.Batch;

/// <summary>How one stage of a job spent its time, added up over its threads.</summary>
/// <param name="Name">"list", "read", "decode", "network" or "write".</param>
/// <param name="ThreadCount">Threads that worked in it.</param>
/// <param name="Busy">Time at work; on fewer cores than threads, waiting for a core counts as work.</param>
/// <param name="WaitingForInput">Time without anything to do.</param>
/// <param name="WaitingForRoom">Time held up by the stages behind it.</param>
public sealed record StageTime(string Name, int ThreadCount, TimeSpan Busy, TimeSpan WaitingForInput, TimeSpan WaitingForRoom);
