namespace ImageTrainer.Cli.Speed;

/// <summary>Percentiles by nearest rank: always a value that was measured.</summary>
internal static class Percentiles
{
    /// <summary>The least value that a share of all values does not exceed.</summary>
    /// <param name="ascending">Values in ascending order, one or more.</param>
    /// <param name="share">Above 0, 1 at most.</param>
    public static double Of(IReadOnlyList<double> ascending, double share) => ascending[(int)Math.Ceiling(share * ascending.Count) - 1];
}
