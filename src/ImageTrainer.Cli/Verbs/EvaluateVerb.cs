using System.CommandLine;
using System.Diagnostics;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Models;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer evaluate</c>: holds a saved model against labelled images.</summary>
internal static class EvaluateVerb
{
    private static readonly Argument<string> Model = new("model") { Description = "A model.zip that `train` wrote." };
    private static readonly Argument<string> Dataset = new("dataset")
    {
        Description = "Labelled images, as for `train`; where they are divided, the test part. One class is enough.",
    };

    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<double?> MinAccuracy = SharedOptions.MinAccuracy();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create(RunLog log) => new VerbCommand(
        "evaluate", "Measures a model on labelled images.", "evaluate model.zip datasets/surface-defects")
    {
        Model, Dataset, Device, MinAccuracy, Json,
    }.Running(Execute, log);

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string model = result.GetRequiredValue(Model);
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(
            model, new ImagePredictionEngineOptions { Device = result.GetRequiredValue(Device), ThreadsPerPrediction = 1 });
        log.Say($"Device: {engine.Device.Device} ({engine.Device.Reason}).");
        ImageDataset dataset = DatasetSource.LoadTest(result.GetRequiredValue(Dataset));
        DatasetReport.SayFound(dataset, dataset.IgnoredFiles, dataset.Notices, log);
        dataset.LabelIndices(engine.Labels);
        EvaluationResult evaluation = Evaluate(engine, dataset, log, cancellationToken);
        DatasetReport.SayProfiles(engine.UnappliedProfiles, log);
        DatasetReport.SayConflicts(ImageDataset.FromImages(evaluation.Images), log, cancellationToken);
        IReadOnlyList<IgnoredFile> bad = DatasetReport.Unreadable(evaluation.BadImages, dataset.IgnoredFiles);
        DatasetReport.SayUnreadable(bad, file: null, log);
        if (result.GetValue(Json))
        {
            ModelManifest manifest = engine.Manifest;
            var source = new ReportSource(
                manifest.Backbone.Name, engine.Device.Device.ToString(), manifest.Network.Precision, model, bad.Count);
            Console.Out.WriteLine(MetricsReport.Of(evaluation, source, clock.Elapsed, trained: null).ToJson());
        }
        else
            MetricsTables.Print(evaluation.Metrics);
        if (QualityGate.Fails(evaluation.Metrics, result.GetValue(MinAccuracy), log)) return ExitCode.QualityGate;
        return bad.Count > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private static EvaluationResult Evaluate(
        ImagePredictionEngine engine, ImageDataset dataset, RunLog log, CancellationToken cancellationToken)
    {
        string[] paths = [.. dataset.Images.Select(image => image.Path)];
        ImagePredictionResult[] results = StepDisplay.Run(log, TimeProvider.System, display =>
            BatchPrediction.Run(engine, paths, new ImageCounter("Measuring", display, TimeProvider.System), cancellationToken).ToArray());
        return EvaluationResult.FromPredictions(dataset, results, engine.Labels);
    }
}
