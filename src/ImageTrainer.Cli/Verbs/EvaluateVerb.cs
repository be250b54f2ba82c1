using System.CommandLine;
using System.Diagnostics;
using ImageTrainer.Cli.Arguments;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Cli.Runs;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
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

    public static Command Create(RunLog log)
    {
        var command = new VerbCommand("evaluate", "Measures a model on labelled images.", "evaluate model.zip datasets/surface-defects")
        {
            Model, Dataset, Device, MinAccuracy, Json,
        };
        command.SetAction((result, cancellationToken) =>
            Task.Run(() => (int)Execute(result, log, cancellationToken), CancellationToken.None));
        return command;
    }

    private static ExitCode Execute(ParseResult result, RunLog log, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string model = result.GetRequiredValue(Model);
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(
            model, new ImagePredictionEngineOptions { Device = result.GetRequiredValue(Device), ThreadsPerPrediction = 1 });
        log.Say($"Device: {engine.Device.Device} ({engine.Device.Reason}).");
        DividedDataset divided = DatasetSource.Read(result.GetRequiredValue(Dataset));
        ImageDataset? test = divided.Part(DatasetPart.Test);
        IgnoredFile[] ignored = [.. divided.IgnoredFilesOf(test is null ? null : DatasetPart.Test)];
        ImageDataset dataset = test ?? divided.All;
        SayFound(divided, test, ignored, log);
        dataset.LabelIndices(engine.Labels);
        EvaluationResult evaluation = Evaluate(engine, dataset, log, cancellationToken);
        DatasetReport.SayConflicts(dataset.Subset(evaluation.Images), log, cancellationToken);
        IReadOnlyList<IgnoredFile> bad = DatasetReport.Unreadable(evaluation.BadImages, ignored);
        DatasetReport.SayUnreadable(bad, file: null, log);
        if (result.GetValue(Json))
        {
            ModelManifest manifest = engine.Manifest;
            var source = new ReportSource(manifest.Backbone.Name, engine.Device.Device.ToString(), manifest.Network.Precision, model, bad.Count);
            Console.Out.WriteLine(MetricsReports.Create(evaluation, source, clock.Elapsed, trained: null).ToJson());
        }
        else
            MetricsTables.Print(evaluation.Metrics);
        if (QualityGate.Fails(evaluation.Metrics, result.GetValue(MinAccuracy), log)) return ExitCode.QualityGate;
        return bad.Count > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private static void SayFound(DividedDataset divided, ImageDataset? test, IReadOnlyList<IgnoredFile> ignored, RunLog log)
    {
        DatasetReport.SayFound(test ?? divided.All, ignored, divided.All.Notices, log);
        if (test is not null)
            log.Say("These are the test part of the data set.");
        else if (divided.PartByPath is not null)
            log.Say("WARNING: the data set is divided and has no test part, so all of it is measured on, what models are trained on too.");
    }

    private static EvaluationResult Evaluate(
        ImagePredictionEngine engine, ImageDataset dataset, RunLog log, CancellationToken cancellationToken)
    {
        string[] paths = [.. dataset.Images.Select(image => image.Path)];
        ImagePredictionResult[] results = StepDisplay.Run(log, TimeProvider.System, display =>
            BatchPrediction.Run(engine, paths, new ImageCounter("Measuring", display, TimeProvider.System), cancellationToken).ToArray());
        ILookup<bool, int> byReadable = Enumerable.Range(0, results.Length).ToLookup(index => results[index].Prediction is not null);
        float[] scores = byReadable[true].SelectMany(index => results[index].Prediction!.Score.ToArray()).ToArray();
        return EvaluationResults.Create(
            scores,
            byReadable[true].Select(index => dataset.Images[index]).ToArray(),
            byReadable[false].Select(index => new BadImage(dataset.Images[index], results[index].Error!.Reason)).ToArray(),
            engine.Labels);
    }
}
