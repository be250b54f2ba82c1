using System.CommandLine;
using System.CommandLine.Parsing;
using ImageTrainer.Batch;
using ImageTrainer.Imaging;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Terminal;

/// <summary>The one place where failures become sentences on stderr and exit codes.</summary>
internal static class Edge
{
    /// <summary>
    /// How long a verb that was cancelled is waited for. Longer than one batch of the largest network takes; what has not stopped by then
    /// is left behind.
    /// </summary>
    private static readonly TimeSpan CancelPatience = TimeSpan.FromSeconds(10);

    /// <summary>How long the console may take for the last sentence.</summary>
    private static readonly TimeSpan LastWordPatience = TimeSpan.FromSeconds(1);

    /// <summary>Parses the command line, runs the verb and gives the exit code.</summary>
    /// <param name="root">The program with all its verbs.</param>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="log">Where failures are told; a run's log has them too.</param>
    public static async Task<int> RunAsync(RootCommand root, string[] args, RunLog log)
    {
        // A path may begin with '@'; it is no file of further arguments.
        ParseResult result = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        bool isRefused = result.Errors.Count > 0 || HasBlank(result) || UnknownOptions.Describe(result).Any();
        ExitCode code = isRefused ? Refuse(root, result, log) : await InvokeAsync(result, log);
        log.Record($"Exit code {(int)code}.");
        return (int)code;
    }

    /// <summary>Runs the verb, and gives each failure its sentence and its exit code.</summary>
    private static async Task<ExitCode> InvokeAsync(ParseResult result, RunLog log)
    {
        // The library's own handling of signals would throw at a second one.
        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            LibvipsChoice.Follow(Environment.GetEnvironmentVariable(LibvipsChoice.Variable));
            using var signals = new TerminationSignals(CancelPatience);
            // Some verbs do all their work before the first wait.
            int? code = await signals.WaitAsync(Task.Run(() => result.InvokeAsync(invocation, signals.Token)));
            return code is { } own ? (ExitCode)own : Leave(log);
        }
        catch (OperationCanceledException exception)
        {
            return Fail(ExitCode.Cancelled, exception is CancelledException ? exception.Message : "Cancelled.", log);
        }
        catch (Exception exception) when (CodeOf(exception) is { } code)
        {
            return Fail(code, exception.Message, log);
        }
        catch (Exception exception)
        {
            foreach (string line in $"Internal error, please report it: {exception}".ReplaceLineEndings("\n").Split('\n')) log.Say(line);
            return ExitCode.InternalError;
        }
    }

    /// <summary>The exit code that a failure stands for; null where it is a fault of the program itself.</summary>
    /// <param name="exception">What ended the verb.</param>
    internal static ExitCode? CodeOf(Exception exception) => exception switch
    {
        OperationCanceledException => ExitCode.Cancelled,
        UsageException or DeviceException or ImageLibraryException or ScoringRefusedException => ExitCode.Usage,
        ArgumentException { ParamName: null } => ExitCode.Usage,
        TooManyErrorsException => ExitCode.QualityGate,
        ScoringOutputException or OutputException or TrainingDivergedException => ExitCode.InternalError,
        ImageTrainerException or IOException or UnauthorizedAccessException => ExitCode.BadData,
        _ => null,
    };

    private static ExitCode Fail(ExitCode code, string message, RunLog log)
    {
        log.Say(message);
        return code;
    }

    /// <summary>
    /// Gives up on a verb that does not stop. What is left behind may hold the console, as a standard output that nobody reads does: then
    /// there is nothing to say it with.
    /// </summary>
    private static ExitCode Leave(RunLog log)
    {
        if (!Task.Run(() => log.Say("Cancelled.")).Wait(LastWordPatience)) Environment.Exit((int)ExitCode.Cancelled);
        return ExitCode.Cancelled;
    }

    /// <summary>Whether some word of the command line is empty or white: a variable that was not set, mostly.</summary>
    private static bool HasBlank(ParseResult result) => result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value));

    /// <summary>
    /// Says what is wrong with the command line, and where its help is; a verb with verbs below it and nothing behind it gets the help
    /// itself.
    /// </summary>
    private static ExitCode Refuse(RootCommand root, ParseResult result, RunLog log)
    {
        Command command = result.CommandResult.Command;
        string[] help = [.. VerbsOf(result.CommandResult), "--help"];
        if (IsGroup(command) && result.UnmatchedTokens.Count == 0)
        {
            using var text = new StringWriter();
            root.Parse(help).Invoke(new InvocationConfiguration { Output = text });
            log.Say(text.ToString().TrimEnd());
            return ExitCode.Usage;
        }

        foreach (string message in Complaints(command, result)) log.Say(message);
        log.Say($"Try `{CommandName.Text} {string.Join(' ', help)}`.");
        return ExitCode.Usage;
    }

    /// <summary>What is wrong, one sentence each: misspelt options first, for they make everything behind them look wrong.</summary>
    private static IEnumerable<string> Complaints(Command command, ParseResult result)
    {
        string[] unknown = [.. UnknownOptions.Describe(result)];
        if (unknown.Length > 0) return unknown;
        if (IsGroup(command))
        {
            string verbs = string.Join(", ", command.Subcommands.Select(verb => verb.Name));
            return [$"There is no verb '{result.UnmatchedTokens[0]}' here; the verbs are {verbs}."];
        }

        return result.Errors.Count > 0
            ? result.Errors.Select(Describe).Distinct(StringComparer.Ordinal)
            : ["An argument is blank; fill it in or leave it out."];
    }

    /// <summary>The parser's words, or for a missing argument ours. Its own words for a missing argument name the verb alone.</summary>
    private static string Describe(ParseError error) =>
        error.SymbolResult is ArgumentResult { Tokens.Count: 0, Parent: CommandResult verb } missing
        ? $"`{verb.Command.Name}` needs <{missing.Argument.Name}>: {missing.Argument.Description}"
        : error.Message;

    /// <summary>
    /// Whether a verb does nothing itself but have others below it. `score` does something itself, and has a verb below it.
    /// </summary>
    private static bool IsGroup(Command command) => command.Subcommands.Count > 0 && command.Action is null;

    /// <summary>The verbs as they were typed, from the outermost: "score", "merge".</summary>
    private static IEnumerable<string> VerbsOf(CommandResult result) =>
        result.Parent is CommandResult parent ? VerbsOf(parent).Append(result.Command.Name) : [];
}

/// <summary>Which libvips decodes images: the one that comes with the program, or the system's, which may read HEIC too.</summary>
internal static class LibvipsChoice
{
    /// <summary>Name of the environment variable: <c>system</c>, or <c>packaged</c> as where it is not set.</summary>
    public const string Variable = "IMAGETRAINER_LIBVIPS";

    /// <summary>The switch that ImageTrainer.Prediction looks at.</summary>
    private const string Switch = "ImageTrainer.SystemLibvips";

    /// <summary>Has the libvips loaded that the variable asks for; to be called before the first image.</summary>
    /// <param name="value">The variable's value, or null where it is not set.</param>
    /// <exception cref="UsageException">The value means nothing.</exception>
    public static void Follow(string? value)
    {
        if (value is not (null or "" or "system" or "packaged"))
            throw new UsageException($"{Variable} is '{value}'; it can be system or packaged.");
        if (value == "system")
            AppContext.SetSwitch(Switch, true);
    }
}
