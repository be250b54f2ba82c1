using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Merging;
using ImageTrainer.Batch.Postgres;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer score</c>: a row for every image of a pile, in a file or a database, however often the job is killed.</summary>
internal static class ScoreVerb
{
    private const string AutoShard = "auto";
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(30);

    private static readonly Argument<string> Model = new("model") { Description = "A model.zip that `train` wrote." };
    private static readonly Argument<string[]> Inputs = new("input")
    {
        Description = "Folders, patterns like 'photos/**/*.jpg', lists (.txt with a path a line; .csv or .jsonl with a column path, "
            + "whose other columns are passed on), images, or - for paths on standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string> Output = new("--output")
    {
        Description = "File for the rows, or a PostgreSQL database.",
        HelpName = "FILE|postgres://...",
        Required = true,
    };

    private static readonly Option<RowFormat?> Format = Choice.CreateOption<RowFormat>(
        "--format", "How rows are written to a file. [default: jsonl for a .jsonl file, else csv]");

    private static readonly RecordOption Top = new("--top", typeof(ScoringOptions), nameof(ScoringOptions.TopCount));
    private static readonly Option<bool> Embeddings = new("--embeddings") { Description = "Give each image's features too." };
    private static readonly RecordOption BatchSize = new("--batch-size", typeof(ScoringOptions), nameof(ScoringOptions.BatchSize));
    private static readonly RecordOptions<ScoringOptions> Numbers = new() { Top, BatchSize };
    private static readonly Option<string?> Shard = new("--shard")
    {
        Description = "Score share I of N (I from 0), or find both in the environment of a cluster's scheduler.",
        HelpName = "I/N|auto",
    };

    private static readonly Option<bool> Resume = new("--resume")
    {
        Description = "Go on where an earlier run stopped, or begin if there was none.",
    };

    private static readonly Option<string?> MaxErrors = new("--max-errors")
    {
        Description = "Stop with exit code 4 as soon as more images than this cannot be read.",
        HelpName = "N|P%",
    };

    private static readonly Option<string?> ProgressPath = new("--progress-file")
    {
        Description = "Keep the progress as JSON in this file.",
        HelpName = "FILE",
    };

    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create(RunLog log)
    {
        Shard.Validators.Add(result => Check(result, text => _ = text == AutoShard ? null : ScoringShard.Parse(text)));
        MaxErrors.Validators.Add(result => Check(result, text => ErrorLimit.Parse(text)));
        return new VerbCommand(
            "score",
            "Scores piles of images into a file or a database; resumable, in shards.",
            "score model.zip photos --output scores.csv",
            "score model.zip photos.csv --output scores.jsonl --top 3 --resume",
            "score model.zip photos --output part-0.csv --shard 0/4")
        {
            Model, Inputs, Output, Format, Top, Embeddings, BatchSize, Shard, Resume, MaxErrors, ProgressPath, Device, Json,
            ScoreMergeVerb.Create(log),
        }.Running(Execute, log);
    }

    /// <summary>Turns what a parser throws into an error of the command line.</summary>
    private static void Check(OptionResult result, Action<string> parse)
    {
        try
        {
            if (result.Tokens.Count > 0) parse(result.Tokens[0].Value);
        }
        catch (FormatException exception)
        {
            result.AddError(exception.Message);
        }
    }

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        ScoringOptions options = ReadOptions(result);
        WritablePlace.RequireName(result.GetRequiredValue(Output));
        ScoringPaths.RequireApart(
            result.GetRequiredValue(Model), result.GetRequiredValue(Inputs), result.GetRequiredValue(Output),
            result.GetValue(ProgressPath));
        ProgressFile? file = OpenProgress(result, log);
        try
        {
            ScoringSummary summary = Score(result, options, file, log, cancellationToken);
            Print(ScoringReport.Of(summary, NameOf(result.GetRequiredValue(Output))), result.GetValue(Json), log);
            ExitCode code = summary.ErrorCount > 0 || summary.HasInputChanged ? ExitCode.FailedImages : ExitCode.Ok;
            file?.End(ProgressState.Finished, code, summary);
            return code;
        }
        catch (Exception exception)
        {
            // A fault of the program ends the job too, and supervisors have to see it.
            ExitCode code = Edge.CodeOf(exception) ?? ExitCode.InternalError;
            file?.End(code == ExitCode.Cancelled ? ProgressState.Cancelled : ProgressState.Failed, code, summary: null);
            throw;
        }
    }

    /// <summary>The file for a supervisor, checked before the work; null where none was asked for.</summary>
    private static ProgressFile? OpenProgress(ParseResult result, RunLog log)
    {
        if (result.GetValue(ProgressPath) is not { } path) return null;
        ProgressFile.RequirePlace(path, ProgressPath.Name);
        var file = new ProgressFile(path, TimeProvider.System, log.Say);
        // A job that does not stop when it is cancelled is left behind, and never comes to its end.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => file.End(ProgressState.Cancelled, ExitCode.Cancelled, summary: null);
        return file;
    }

    private static ScoringOptions ReadOptions(ParseResult result) => Numbers.Read(result) with
    {
        Format = result.GetValue(Format)
            ?? (result.GetRequiredValue(Output).EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) ? RowFormat.Jsonl : RowFormat.Csv),
        IncludeEmbeddings = result.GetValue(Embeddings),
        Shard = result.GetValue(Shard) switch
        {
            null => ScoringShard.Whole,
            AutoShard => ScoringShard.FromEnvironment(Environment.GetEnvironmentVariable),
            string text => ScoringShard.Parse(text),
        },
        Resume = result.GetValue(Resume),
        MaxErrors = result.GetValue(MaxErrors) is { } limit ? ErrorLimit.Parse(limit) : null,
    };

    private static ScoringSummary Score(
        ParseResult result, ScoringOptions options, ProgressFile? file, RunLog log, CancellationToken cancellationToken)
    {
        string device = result.GetRequiredValue(Device);
        using var scorer = BatchScorer.Load(
            result.GetRequiredValue(Model), new ImagePredictionEngineOptions { Device = device, ThreadsPerPrediction = 1 });
        log.Say($"Device: {scorer.Engine.Device.Device} ({scorer.Engine.Device.Reason}).");
        var input = ScoringInput.Parse(result.GetRequiredValue(Inputs), Console.OpenStandardInput);
        string output = result.GetRequiredValue(Output);
        using PostgresSink? database = PostgresAddress.IsAddress(output)
            ? new PostgresSink(PostgresAddress.Parse(output), TimeProvider.System, log.Say, cancellationToken)
            : null;
        ScoringSummary summary = StepDisplay.Run(log, TimeProvider.System, LineInterval, display =>
        {
            var counter = new ScoringCounter(display, file, TimeProvider.System);
            return database is null
                ? scorer.Score(input, output, options, counter, cancellationToken)
                : scorer.Score(input, database, options, counter, cancellationToken);
        });
        DatasetReport.SayProfiles(scorer.Engine.UnappliedProfiles, log);
        return summary;
    }

    /// <summary>The output as messages name it. Without the password that an address may hold.</summary>
    private static string NameOf(string output) => PostgresAddress.IsAddress(output) ? PostgresAddress.Parse(output).ToString() : output;

    private static void Print(ScoringReport report, bool asJson, RunLog log)
    {
        foreach (string line in report.Describe()) log.Say(line);
        if (asJson) Console.Out.WriteLine(report.ToJson());
    }
}

/// <summary><c>imagetrainer score merge</c>: the shares of one job back into one file.</summary>
internal static class ScoreMergeVerb
{
    private static readonly Argument<string> Output = new("output") { Description = "File to make." };
    private static readonly Argument<string[]> Parts = new("part")
    {
        Description = "The files that the shards wrote, all of them, in any order, with their journals beside them.",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Create(RunLog log) => new VerbCommand(
        "merge", "Puts the outputs of all shards together, in the order of the input.", "score merge scores.csv part-*.csv")
    {
        Output, Parts,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        string output = result.GetRequiredValue(Output);
        WritablePlace.RequireName(output);
        long count = ShardMerge.Run(output, result.GetRequiredValue(Parts), cancellationToken);
        log.Say(string.Create(CultureInfo.InvariantCulture, $"{output}: {count} rows."));
        return ExitCode.Ok;
    }
}
