using System.CommandLine;
using ImageTrainer.Onnx;

namespace ImageTrainer.Cli;

/// <summary>The one place where failures become sentences on stderr and exit codes.</summary>
internal static class Edge
{
    /// <summary>Parses the command line, runs the verb and gives the exit code.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (var error in result.Errors)
                await Console.Error.WriteLineAsync(error.Message);
            await Console.Error.WriteLineAsync($"Try `{CommandName.Text} {VerbOf(result)}--help`.");
            return (int)ExitCode.Usage;
        }

        var invocation = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) };
        try
        {
            return await result.InvokeAsync(invocation);
        }
        catch (OperationCanceledException)
        {
            return await FailAsync(ExitCode.Cancelled, "Cancelled. Finished features are kept: the same command goes on from here.");
        }
        catch (Exception exception) when (CodeOf(exception) is { } code)
        {
            return await FailAsync(code, exception.Message);
        }
        catch (Exception exception)
        {
            return await FailAsync(ExitCode.InternalError, $"Internal error, please report it: {exception}");
        }
    }

    private static ExitCode? CodeOf(Exception exception) => exception switch
    {
        UsageException or DeviceException or ArgumentException { ParamName: null } => ExitCode.Usage,
        ImageTrainerException or IOException or UnauthorizedAccessException => ExitCode.BadData,
        _ => null,
    };

    private static async Task<int> FailAsync(ExitCode code, string message)
    {
        await Console.Error.WriteLineAsync(message);
        return (int)code;
    }

    private static string VerbOf(ParseResult result) =>
        result.CommandResult.Command is RootCommand ? "" : $"{result.CommandResult.Command.Name} ";
}
