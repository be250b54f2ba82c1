using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ImageTrainer.Benchmarks.Pieces;

/// <summary>The hot pieces one by one under BenchmarkDotNet: time and allocation.</summary>
internal static class PiecesBenchmark
{
    private static readonly Argument<string[]> Arguments = new("arguments")
    {
        Description = "What goes to BenchmarkDotNet: `--filter '*Decode*'`, `--list flat`. [default: all pieces]",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public static Command Create()
    {
        var command = new Command("pieces", "BenchmarkDotNet for decoding, pixels, histograms, kernels and one prediction.") { Arguments };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(result => Run([.. result.GetValue(Arguments) ?? [], .. result.UnmatchedTokens]));
        return command;
    }

    private static void Run(string[] arguments) =>
        BenchmarkSwitcher.FromTypes([typeof(ImagingPieces), typeof(QuantizingPieces), typeof(PredictionPieces)])
            .Run(arguments.Length > 0 ? arguments : ["--filter", "*"], CreateConfiguration());

    // In this process: the native engines lie beside it, and nothing has to be built again.
    private static ManualConfig CreateConfiguration() => ManualConfig.CreateEmpty()
        .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumnProvider(DefaultColumnProviders.Instance)
        .AddLogger(ConsoleLogger.Default)
        .AddExporter(MarkdownExporter.GitHub);
}
