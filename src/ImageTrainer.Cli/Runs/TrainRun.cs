using ImageTrainer.Cli.Reporting;
using ImageTrainer.Featurizing;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Runs;

/// <summary>One run of <c>imagetrainer train</c>, from the arguments to the run folder.</summary>
internal sealed class TrainRun : IDisposable
{
    private readonly TrainArguments _arguments;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly long _start;
    private readonly RunLog _log;

    private TrainRun(TrainArguments arguments)
    {
        _arguments = arguments;
        _start = _clock.GetTimestamp();
        _log = new RunLog(Console.Error, _clock);
    }

    /// <summary>Trains, measures, writes the run folder and prints the results.</summary>
    public static ExitCode Execute(TrainArguments arguments, CancellationToken cancellationToken)
    {
        using var run = new TrainRun(arguments);
        return run.Execute(cancellationToken);
    }

    public void Dispose() => _log.Dispose();

    private ExitCode Execute(CancellationToken cancellationToken)
    {
        TrainData data = TrainData.Load(_arguments, _log, cancellationToken);
        RunFolder folder = RunFolder.Create(_arguments, _clock);
        _log.KeepIn(folder.Combine("log.txt"));
        data.WriteSplits(folder.Combine("splits.csv"));
        Outcome outcome = TrainingDisplay.Run(_log, _clock, display => Fit(data, folder, display, cancellationToken));
        return Conclude(outcome, data, folder);
    }

    private Outcome Fit(TrainData data, RunFolder folder, TrainingDisplay display, CancellationToken cancellationToken)
    {
        using ImageClassificationModel model = new ImageClassificationTrainer(Options()).Fit(data.Train, data.Validation, display, cancellationToken);
        EvaluationResult evaluation = model.Evaluate(data.Test, display.Featurizing, cancellationToken);
        model.Save(folder.Model, evaluation.Metrics);
        if (_arguments.Output is { } output)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(output))!);
            File.Copy(folder.Model, output, overwrite: true);
        }

        BadImage[] bad = [.. model.BadImages, .. evaluation.BadImages];
        var source = new ReportSource(model.Backbone.Name, model.Device.Device.ToString(), "fp32", _arguments.Output ?? folder.Model);
        MetricsReport report = MetricsReports.Create(evaluation, source, _clock.GetElapsedTime(_start), model);
        RunTables.WriteHistory(folder.Combine("history.csv"), model.Trials);
        return new Outcome(evaluation, report, bad);
    }

    private ImageClassificationOptions Options()
    {
        var options = new ImageClassificationOptions
        {
            Backbone = _arguments.Backbone,
            ImageSize = _arguments.ImageSize,
            ClassWeights = _arguments.ClassWeights,
            Seed = _arguments.Seed,
            Device = _arguments.Device,
        };
        return _arguments.NoCache ? options with { FeatureCache = null } : options;
    }

    private ExitCode Conclude(Outcome outcome, TrainData data, RunFolder folder)
    {
        RunTables.WriteConfusion(folder.Combine("confusion.csv"), outcome.Evaluation.Metrics.ConfusionMatrix);
        RunTables.WritePredictions(folder.Combine("predictions.csv"), outcome.Evaluation);
        RunTables.WriteBadFiles(folder.Combine("bad_files.csv"), outcome.BadImages, data.IgnoredFiles);
        folder.WriteText("metrics.json", outcome.Report.ToJson());
        foreach (BadImage bad in outcome.BadImages) _log.Say($"Unreadable, left out: {bad.Image.RelativePath}: {bad.Reason}.");
        Print(outcome, folder);
        if (outcome.Evaluation.Metrics.MicroAccuracy < _arguments.MinAccuracy)
            return QualityGate.Report(outcome.Evaluation.Metrics, _arguments.MinAccuracy.Value);
        return outcome.BadImages.Count > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private void Print(Outcome outcome, RunFolder folder)
    {
        if (_arguments.Json) Console.Out.WriteLine(outcome.Report.ToJson());
        else MetricsTables.Print(outcome.Evaluation.Metrics);
        _log.Say($"Run folder: {folder.Path}");
        _log.Say($"Model: {outcome.Report.Model}");
        string example = CommandName.Quote(Path.GetRelativePath(Environment.CurrentDirectory, outcome.Evaluation.Images[0].Path));
        _log.Say($"Try it: {CommandName.Text} predict {CommandName.Quote(outcome.Report.Model)} {example}");
    }

    private sealed record Outcome(EvaluationResult Evaluation, MetricsReport Report, IReadOnlyList<BadImage> BadImages);
}
