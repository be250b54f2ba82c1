using System.Globalization;
using ImageTrainer.Training;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>
/// From a folder of photos to a model: our trainer as it comes, and what ML.NET itself offers, the same network by DnnFeaturizeImage under its two
/// linear trainers as they come. One split a seed, the same for all; nothing is cached from one fit to the next.
/// </summary>
internal static class FitWork
{
    private const int NetworkSide = 224;
    private static readonly string[] Names = ["ours", "DnnFeaturizeImage + SdcaMaximumEntropy", "DnnFeaturizeImage + LbfgsMaximumEntropy"];

    public static void Run(Contest contest)
    {
        string photos = contest.Options.Photos.Root!;
        Fit(photos, seed: 0, Names[0]);
        Standing[][] rounds = [.. Enumerable.Range(1, contest.Options.RoundCount).Select(seed => FitAll(photos, seed))];
        Console.WriteLine();
        Console.WriteLine(
            $"Fit of {contest.Options.Photos.Images.Count} photos, a fifth held out: means over seeds 1 to {rounds.Length} (standard errors); ratio of seconds to ours");
        for (int i = 0; i < Names.Length; i++)
        {
            double[] Each(Func<Standing, double> figure) => [.. rounds.Select(round => figure(round[i]))];
            double[] ratios = [.. rounds.Select(round => round[i].Seconds / round[0].Seconds)];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {Names[i],-42} accuracy {Mean(Each(one => one.Accuracy))}, log-loss {Mean(Each(one => one.LogLoss))}, "
                + $"{Rounds.Median(Each(one => one.Seconds)):0.0} s, {Rounds.Median(ratios):0.00} x ({ratios.Min():0.00} to {ratios.Max():0.00})"));
        }
    }

    private static Standing[] FitAll(string photos, int seed)
    {
        Standing[] all = [.. Names.Select(name => Fit(photos, seed, name))];
        IEnumerable<string> figures = all.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Accuracy:0.000} {one.LogLoss:0.000} {one.Seconds:0.0} s"));
        Console.WriteLine($"seed {seed}: {string.Join(" | ", figures)}");
        return all;
    }

    private static Standing Fit(string photos, int seed, string name)
    {
        var context = new MLContext(seed);
        ImageTrainTestData split = context.Data.TrainTestSplitImages(context.Data.LoadFromImageFolder(photos), testFraction: 0.2, seed);
        IEstimator<ITransformer> pipeline = name == Names[0] ? Ours(context, seed) : TheirsOf(context, name);
        ITransformer? model = null;
        double seconds = Rounds.Time(() => model = pipeline.Fit(split.TrainSet));
        IDataView scored = model!.Transform(split.TestSet);
        MulticlassClassificationMetrics metrics = context.MulticlassClassification.Evaluate(scored);
        (model as IDisposable)?.Dispose();
        return new Standing(metrics.MicroAccuracy, metrics.LogLoss, seconds);
    }

    private static ImageClassificationTrainer Ours(MLContext context, int seed) => context.MulticlassClassification.Trainers.ImageClassification(
        new ImageClassificationTrainer.Options { FeatureColumnName = "ImagePath", Seed = seed, FeatureCache = null });

    // As Microsoft's own sample of DnnFeaturizeImage has it. Cached before the trainer, which reads its rows many times.
    private static EstimatorChain<MulticlassPredictionTransformer<MaximumEntropyModelParameters>> TheirsOf(MLContext context, string name)
    {
        EstimatorChain<ITransformer> features = context.Transforms.Conversion.MapValueToKey("Label")
            .Append(context.Transforms.LoadImages("Image", null, "ImagePath"))
            .Append(context.Transforms.ResizeImages("Image", NetworkSide, NetworkSide))
            .Append(context.Transforms.ExtractPixels("Pixels", "Image"))
            .Append<ITransformer>(context.Transforms.DnnFeaturizeImage(
                "Features", model => model.ModelSelector.ResNet18(context, model.OutputColumn, model.InputColumn), "Pixels"), TransformerScope.Everything)
            .AppendCacheCheckpoint(context);
        return name == Names[1]
            ? features.Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy())
            : features.Append(context.MulticlassClassification.Trainers.LbfgsMaximumEntropy());
    }

    private static string Mean(double[] values)
    {
        double mean = values.Average();
        double error = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(values.Length - 1, 1) / values.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{mean:0.000} ({error:0.000})");
    }

    private sealed record Standing(double Accuracy, double LogLoss, double Seconds);
}
