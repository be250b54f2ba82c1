using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace ImageTrainer.Cli.Terminal;

/// <summary>A verb whose help ends with command lines to paste.</summary>
/// <param name="name">The verb.</param>
/// <param name="description">What it does, in one sentence.</param>
/// <param name="examples">Command lines without the program's name.</param>
internal sealed class VerbCommand(string name, string description, params string[] examples) : Command(name, description)
{
    /// <summary>Command lines without the program's name.</summary>
    public IReadOnlyList<string> Examples { get; } = examples;

    /// <summary>Says what the verb does, away from the thread that watches for Ctrl-C.</summary>
    /// <param name="work">Does it, until its token is cancelled; what it throws <see cref="Edge"/> turns into a sentence.</param>
    /// <param name="log">Where the work says what it does.</param>
    public VerbCommand Running(Func<ParseResult, RunLog, CancellationToken, ExitCode> work, RunLog log)
    {
        SetAction((result, cancellationToken) => Task.Run(() => (int)work(result, log, cancellationToken), CancellationToken.None));
        return this;
    }
}

/// <summary>The standard help, with examples below it, in which the program is called as it was started.</summary>
internal sealed class HelpWithExamples : SynchronousCommandLineAction
{
    private readonly HelpAction _standard;
    private readonly string[] _rootExamples;

    private HelpWithExamples(HelpAction standard, string[] rootExamples)
    {
        _standard = standard;
        _rootExamples = rootExamples;
    }

    /// <summary>Puts it in the place of the standard help of a program and of all its verbs.</summary>
    public static void AddTo(RootCommand root, params string[] rootExamples)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, rootExamples);
    }

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        string standard = StandardText(parseResult);
        output.Write(standard.Replace($" {RootCommand.ExecutableName} ", $" {CommandName.Text} ", StringComparison.Ordinal));
        IReadOnlyList<string> examples = parseResult.CommandResult.Command is VerbCommand verb ? verb.Examples : _rootExamples;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (string example in examples) output.WriteLine($"  {CommandName.Text} {example}");
        output.WriteLine();
        return (int)ExitCode.Ok;
    }

    /// <summary>The standard help as text.</summary>
    private string StandardText(ParseResult parseResult)
    {
        foreach (RecordOption option in parseResult.CommandResult.Command.Options.OfType<RecordOption>()) option.Describe();
        // `score` has arguments that the verb below it does not take.
        if (parseResult.CommandResult.Parent is CommandResult parent)
            foreach (Argument argument in parent.Command.Arguments) argument.Hidden = true;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        try
        {
            _standard.Invoke(parseResult);
        }
        finally
        {
            parseResult.InvocationConfiguration.Output = output;
        }

        return text.ToString();
    }
}
