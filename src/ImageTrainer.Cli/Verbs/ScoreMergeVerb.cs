using System.CommandLine;
using System.Globalization;
using ImageTrainer.Batch.Merging;
using ImageTrainer.Cli.Arguments;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Cli.Runs;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer score merge</c>: the shares of one job back into one file.</summary>
internal static class ScoreMergeVerb
{
    private static readonly Argument<string> Output = new("output") { Description = "File to make." };
    private static readonly Argument<string[]> Parts = new("part")
    {
        Description = "The files that the shards wrote, all of them, in any order, with their journals beside them.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create(RunLog log)
    {
        var command = new VerbCommand(
            "merge", "Puts the outputs of all shards together, in the order of the input.", "score merge scores.csv part-*.csv")
        {
            Output, Parts,
        };
        command.SetAction((result, cancellationToken) => Task.Run(
            () =>
            {
                string output = result.GetRequiredValue(Output);
                WritablePlace.RequireName(output);
                long count = ShardMerge.Run(output, result.GetRequiredValue(Parts), cancellationToken);
                log.Say(string.Create(CultureInfo.InvariantCulture, $"{output}: {count} rows."));
                return (int)ExitCode.Ok;
            },
            CancellationToken.None));
        return command;
    }
}
