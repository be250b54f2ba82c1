using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>One run of <c>imagetrainer train</c>, from the arguments to the run folder.</summary>
internal sealed class TrainRun
{
    private readonly TrainArguments _arguments;
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly long _start;
    private readonly RunLog _log;
    private readonly RunFolder _folder;

    private TrainRun(TrainArguments arguments, RunLog log)
    {
        _arguments = arguments;
        _start = _clock.GetTimestamp();
        _log = log;
        _folder = RunFolder.Plan(arguments, _clock);
    }

    /// <summary>Trains, measures, writes the run folder and prints the results.</summary>
    /// <exception cref="CancelledException">Cancelled; the message says what is kept.</exception>
    public static ExitCode Execute(TrainArguments arguments, RunLog log, CancellationToken cancellationToken)
    {
        log.Keep();
        var run = new TrainRun(arguments, log);
        try
        {
            return run.Execute(cancellationToken);
        }
        catch (OperationCanceledException exception) when (exception is not CancelledException && run.Kept is { } kept)
        {
            throw new CancelledException($"Cancelled. {kept}", exception);
        }
    }

    /// <summary>The sentence about it. What a cancelled run leaves to go on from, or null.</summary>
    private string? Kept => _folder.HasCheckpoint ? $"Finished epochs are kept. Go on with: {_folder.ResumeCommand}"
        : _arguments.NoCache ? null
        : "Finished features are kept: run the same command again to go on from there.";

    /// <summary>The run step by step: read, refuse, fit, measure, write, tell.</summary>
    private ExitCode Execute(CancellationToken cancellationToken)
    {
        var trainer = new ImageClassificationTrainer(Options());
        trainer.Prepare();
        TrainData data = TrainData.Load(_arguments, _log, cancellationToken);
        _folder.RequireOutside(data.Images);
        _folder.Create(_log);
        string splits = _folder.Combine(RunFolder.SplitsName);
        if (!_arguments.Resumes || !File.Exists(splits)) data.WriteSplits(splits);
        Outcome outcome = StepDisplay.Run(_log, _clock, display => Fit(trainer, data, display, cancellationToken));
        WriteTables(outcome, data);
        _folder.PublishModel();
        Print(outcome);
        return Conclude(outcome);
    }

    /// <summary>Trains and measures, and writes what needs the model; the rest needs its figures alone.</summary>
    /// <exception cref="CancelledException">Cancelled after there was something to keep, which is kept.</exception>
    private Outcome Fit(ImageClassificationTrainer trainer, TrainData data, StepDisplay display, CancellationToken cancellationToken)
    {
        var news = new TrainingDisplay(_log, display, _clock);
        trainer.Prepare(data.Test);
        using ImageClassificationModel model =
            FitOrLeaveNothing(() => trainer.Fit(data.Train, data.Validation, news, cancellationToken), news);
        if (model.FineTuning is { } tuning) display.Finish(FineTuningText.Conclusion(tuning, data.Validation is not null));
        if (model.FineTuning is { Ending: FineTuningEnding.Cancelled } cancelled)
            throw KeepBest(model, cancelled, FineTuningText.Moment(cancelled, EpochCount));
        EvaluationResult evaluation = Measure(model, data, news, cancellationToken);
        _folder.DropFindings();
        model.Save(_folder.Model, evaluation.Metrics);
        RunTables.WriteHistory(_folder.Combine("history.csv"), model);
        RunTables.WriteLayerErrors(_folder.Combine("quantization.csv"), model);
        if (model.FineTuning is not { Ending: FineTuningEnding.OutOfTime or FineTuningEnding.ImagesLost }) _folder.DropCheckpoint();
        DatasetReport.SayProfiles(model.UnappliedProfiles, _log);
        IReadOnlyList<IgnoredFile> bad = DatasetReport.Unreadable([.. model.BadImages, .. evaluation.BadImages], data.IgnoredFiles);
        var source = new ReportSource(
            model.Backbone.Name, model.Device.Device.ToString(), model.Precision.Name, _folder.PublishedModel, bad.Count);
        MetricsReport report = MetricsReport.Of(evaluation, source, _clock.GetElapsedTime(_start), model);
        return new Outcome(evaluation, report, bad);
    }

    /// <summary>Fits; a start that fails before any image was worked on leaves no folder behind.</summary>
    private ImageClassificationModel FitOrLeaveNothing(Func<ImageClassificationModel> fit, TrainingDisplay news)
    {
        try
        {
            return fit();
        }
        catch when (!news.HasBegun)
        {
            _folder.RemoveUnused(_log);
            throw;
        }
    }

    /// <summary>
    /// Measures the model on the images held out; where that is cancelled, a fine-tuned model is kept. Minutes of training are not lost
    /// for the seconds that measuring takes.
    /// </summary>
    private EvaluationResult Measure(
        ImageClassificationModel model, TrainData data, TrainingDisplay news, CancellationToken cancellationToken)
    {
        try
        {
            return model.Evaluate(data.Test, news.ReportFitted(model), cancellationToken);
        }
        catch (OperationCanceledException) when (model.FineTuning is not null)
        {
            throw KeepBest(model, model.FineTuning, "while measuring");
        }
    }

    /// <summary>Saves the best model so far, without figures, which there was no time for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tuning">How its training went.</param>
    /// <param name="moment">When it was cancelled: "in epoch 3".</param>
    /// <returns>What tells the user where it is, and how to go on.</returns>
    private CancelledException KeepBest(ImageClassificationModel model, FineTuningResult tuning, string moment)
    {
        _folder.DropFindings();
        model.Save(_folder.Model);
        RunTables.WriteHistory(_folder.Combine("history.csv"), model);
        _folder.PublishModel();
        return new CancelledException(
            $"Cancelled {moment}. {_folder.PublishedModel} holds {FineTuningText.Holds(tuning)}. "
            + $"Go on with: {_folder.ResumeCommand}");
    }

    private int EpochCount => FineTuning!.EpochCount;

    private FineTuningOptions? FineTuning => _arguments.FineTune is { } asked
        ? asked with { CheckpointFolder = _folder.CheckpointFolder, Resume = _arguments.Resumes }
        : null;

    /// <summary>What the library is asked for.</summary>
    private ImageClassificationOptions Options()
    {
        var options = new ImageClassificationOptions
        {
            Backbone = _arguments.Backbone,
            ImageSize = _arguments.ImageSize,
            ClassWeights = _arguments.ClassWeights,
            Seed = _arguments.Seed,
            Device = _arguments.Device,
            Precision = _arguments.Precision,
            FineTuning = FineTuning,
        };
        return _arguments.NoCache ? options with { FeatureCache = null } : options;
    }

    /// <summary>Writes the tables and metrics.json of a finished run.</summary>
    private void WriteTables(Outcome outcome, TrainData data)
    {
        outcome.Metrics.ConfusionMatrix.WriteCsv(_folder.Combine("confusion.csv"));
        RunTables.WritePredictions(_folder.Combine("predictions.csv"), outcome.Evaluation);
        RunTables.WriteDuplicates(_folder.Combine(RunFolder.DuplicatesName), data.Duplicates);
        RunTables.WriteBadFiles(_folder.Combine("bad_files.csv"), outcome.BadImages, data.IgnoredFiles);
        _folder.WriteText(RunFolder.MetricsName, outcome.Report.ToJson());
    }

    /// <summary>Tells the results: tables or JSON on stdout, the places and the command to try next on stderr.</summary>
    private void Print(Outcome outcome)
    {
        DatasetReport.SayUnreadable(outcome.BadImages, _folder.Combine("bad_files.csv"), _log);
        foreach (string line in outcome.Metrics.ToString().Split('\n')) _log.Record(line);
        if (_arguments.Json) Console.Out.WriteLine(outcome.Report.ToJson());
        else MetricsTables.Print(outcome.Metrics);
        _log.Say($"Run folder: {_folder.Path}");
        _log.Say($"Model: {_folder.PublishedModel}");
        string example = CommandName.QuotePath(outcome.Evaluation.Images[0].Path);
        _log.Say($"Try it: {CommandName.Text} predict {CommandName.QuotePath(_folder.PublishedModel)} {example}");
    }

    /// <summary>The exit code: a model that is not good enough comes before images that could not be read.</summary>
    private ExitCode Conclude(Outcome outcome)
    {
        if (QualityGate.Fails(outcome.Metrics, _arguments.MinAccuracy, _log)) return ExitCode.QualityGate;
        return outcome.BadImages.Count > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private sealed record Outcome(EvaluationResult Evaluation, MetricsReport Report, IReadOnlyList<IgnoredFile> BadImages)
    {
        public ClassificationReport Metrics => Evaluation.Metrics;
    }
}
