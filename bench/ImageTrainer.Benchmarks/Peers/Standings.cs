using System.Globalization;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>One that takes part in a work.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Seconds">Does the work of one round and says how long it took.</param>
internal sealed record Participant(string Name, Func<double> Seconds);

/// <summary>Has participants work in turn and prints medians and how many times as long as the first each takes.</summary>
internal static class Standings
{
    /// <summary>Runs the rounds and prints the table.</summary>
    /// <param name="title">What the work is.</param>
    /// <param name="rounds">Counted rounds.</param>
    /// <param name="participants">The first is what the others are held against.</param>
    /// <param name="figure">A median of seconds in the words of the work: "27.8 images/s".</param>
    public static void Print(string title, int rounds, IReadOnlyList<Participant> participants, Func<double, string> figure)
    {
        Console.WriteLine();
        Console.WriteLine($"{title}: median; median of its time / the first's, round by round (least to most)");
        double[][] seconds = Rounds.Measure(rounds, [.. participants.Select(participant => participant.Seconds)]);
        for (int i = 0; i < participants.Count; i++)
        {
            double median = Rounds.Median(seconds.Select(round => round[i]));
            double[] ratios = [.. seconds.Select(round => round[i] / round[0])];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {participants[i].Name,-52} {figure(median),16}   {Rounds.Median(ratios),6:0.00} x ({ratios.Min():0.00} to {ratios.Max():0.00})"));
        }
    }

    /// <summary>One round that does not count: caches fill, code is compiled.</summary>
    public static void WarmUp(IReadOnlyList<Participant> participants)
    {
        foreach (Participant participant in participants) participant.Seconds();
    }
}
