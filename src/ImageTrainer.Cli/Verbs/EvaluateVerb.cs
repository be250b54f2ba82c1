using System.CommandLine;
using System.Diagnostics;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Training;

namespace ImageTrainer.Cli.Verbs;

/// <summary><c>imagetrainer evaluate</c>: holds a saved model against labelled images.</summary>
internal static class EvaluateVerb
{
    private static readonly Argument<string> Model = new("model") { Description = "A model.zip." };
    private static readonly Argument<string> Dataset = new("dataset") { Description = "Labelled images, as for train; of train/validation/test folders the test part." };
    private static readonly Option<string> Device = SharedOptions.Device();
    private static readonly Option<double?> MinAccuracy = SharedOptions.MinAccuracy();
    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Create()
    {
        var command = new Command("evaluate",
            """
            Measures a model on labelled images.

            Example: imagetrainer evaluate model.zip datasets/surface-defects
            """)
        {
            Model, Dataset, Device, MinAccuracy, Json,
        };
        command.SetAction((result, cancellationToken) => Task.Run(() => (int)Execute(result, cancellationToken), CancellationToken.None));
        return command;
    }

    private static ExitCode Execute(ParseResult result, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string model = result.GetRequiredValue(Model);
        using ImagePredictionEngine engine = ImagePredictionEngine.Load(
            model, new ImagePredictionEngineOptions { Device = result.GetRequiredValue(Device), ThreadsPerPrediction = 1 });
        Console.Error.WriteLine($"Device: {engine.Device.Device} ({engine.Device.Reason}).");
        DividedDataset divided = DatasetSource.Read(result.GetRequiredValue(Dataset));
        ImageDataset dataset = divided.Part(DatasetPart.Test) ?? divided.All;
        dataset.LabelIndices(engine.Labels);
        EvaluationResult evaluation = Evaluate(engine, dataset, cancellationToken);
        foreach (BadImage bad in evaluation.BadImages) Console.Error.WriteLine($"Unreadable: {bad.Image.RelativePath}: {bad.Reason}.");
        Print(engine, evaluation, model, clock.Elapsed, result.GetValue(Json));
        if (evaluation.Metrics.MicroAccuracy < result.GetValue(MinAccuracy)) return QualityGate.Report(evaluation.Metrics, result.GetValue(MinAccuracy)!.Value);
        return evaluation.BadImages.Count > 0 ? ExitCode.FailedImages : ExitCode.Ok;
    }

    private static EvaluationResult Evaluate(ImagePredictionEngine engine, ImageDataset dataset, CancellationToken cancellationToken)
    {
        IReadOnlyList<ImagePredictionResult> results =
            engine.PredictBatch(dataset.Images.Select(image => image.Path).ToArray(), cancellationToken);
        ILookup<bool, int> byReadable = Enumerable.Range(0, results.Count).ToLookup(index => results[index].Prediction is not null);
        float[] scores = byReadable[true].SelectMany(index => results[index].Prediction!.Score.ToArray()).ToArray();
        return EvaluationResults.Create(
            scores,
            byReadable[true].Select(index => dataset.Images[index]).ToArray(),
            byReadable[false].Select(index => new BadImage(dataset.Images[index], results[index].Error!.Reason)).ToArray(),
            engine.Labels);
    }

    private static void Print(ImagePredictionEngine engine, EvaluationResult evaluation, string model, TimeSpan elapsed, bool asJson)
    {
        if (!asJson)
        {
            MetricsTables.Print(evaluation.Metrics);
            return;
        }

        var source = new ReportSource(engine.Manifest.Backbone.Name, engine.Device.Device.ToString(), engine.Manifest.Network.Precision, model);
        Console.Out.WriteLine(MetricsReports.Create(evaluation, source, elapsed, trained: null).ToJson());
    }
}
