using System.Diagnostics;
using System.Globalization;

namespace ImageTrainer.Benchmarks;

/// <summary>Times two or more jobs in turn, A B A B ..., so that a drifting machine drifts under all of them alike.</summary>
internal static class Rounds
{
    /// <summary>Runs every job once uncounted and then in turn; prints the median rate of each and its median ratio to the first, round by round.</summary>
    /// <param name="count">Counted rounds.</param>
    /// <param name="unitCount">What one job works through: images, fits.</param>
    /// <param name="jobs">Names and jobs; the first is what the others are held against.</param>
    public static void Run(int count, int unitCount, params (string Name, Action Job)[] jobs)
    {
        foreach ((_, Action job) in jobs) job();
        double[][] seconds = Measure(count, [.. jobs.Select(job => (Func<double>)(() => Time(job.Job)))]);
        for (int i = 0; i < jobs.Length; i++)
        {
            int index = i;
            double rate = unitCount / Median(seconds.Select(round => round[index]));
            double ratio = Median(seconds.Select(round => round[0] / round[index]));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{jobs[i].Name,-40} {rate,9:0.00}/s   {100 * ratio,6:0.0} % of the first"));
        }
    }

    /// <summary>Asks jobs in turn for their seconds. Each round begins with another job, so that none is always the one that comes after a certain other.</summary>
    /// <param name="count">Rounds.</param>
    /// <param name="jobs">Each does its work and says how long it took.</param>
    /// <returns>[round][job], in seconds.</returns>
    public static double[][] Measure(int count, IReadOnlyList<Func<double>> jobs) =>
        [.. Enumerable.Range(0, count).Select(round => MeasureOnce(round, jobs))];

    private static double[] MeasureOnce(int round, IReadOnlyList<Func<double>> jobs)
    {
        double[] seconds = new double[jobs.Count];
        for (int i = 0; i < jobs.Count; i++)
        {
            int job = (round + i) % jobs.Count;
            seconds[job] = jobs[job]();
        }

        return seconds;
    }

    /// <summary>The middle value.</summary>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>Seconds that a job takes.</summary>
    public static double Time(Action job)
    {
        long start = Stopwatch.GetTimestamp();
        job();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
