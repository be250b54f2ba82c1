using System.CommandLine;
using System.Globalization;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Benchmarks;

/// <summary>Our transformer and our engine against ML.NET's own steps, all of the same model.zip, in turn within one run.</summary>
internal static class MLNetBenchmark
{
    private const int CalibrationCount = 16, BurstLength = 40, SteadyLength = 200;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly Argument<string> Weights = new("weights") { Description = "A backbone's weight file." };
    private static readonly Argument<string> Images = new("images") { Description = "A folder of labelled photos." };
    private static readonly Option<int> ImageSize = new("--image-size") { DefaultValueFactory = _ => 224 };
    private static readonly Option<int> RoundCount = new("--rounds") { DefaultValueFactory = _ => 3 };
    private static readonly Option<int> ImageCount = new("--count") { Description = "Photos a batch.", DefaultValueFactory = _ => 500 };
    private static readonly Option<string> Only = new("--only") { Description = "batch-int8, batch-fp32, steady or burst; all where not given.", DefaultValueFactory = _ => "" };

    public static Command Create()
    {
        var command = new Command("mlnet", "Transform, batches and single predictions against ML.NET's own steps.") { Weights, Images, ImageSize, RoundCount, ImageCount, Only };
        command.SetAction(Execute);
        return command;
    }

    private static void Execute(ParseResult result)
    {
        (int rounds, int threads, string only) = (result.GetValue(RoundCount), Environment.ProcessorCount, result.GetValue(Only)!);
        LabeledImage[] all = [.. ImageDataset.Load(result.GetRequiredValue(Images)).Images];
        LabeledImage[] Sample(int count) => [.. Enumerable.Range(0, count).Select(i => all[(int)((long)i * all.Length / count)])];
        Backbone fp32 = LoadBackbone(result.GetRequiredValue(Weights), result.GetValue(ImageSize));
        string[] photos = [.. Sample(result.GetValue(ImageCount)).Select(image => image.Path)];
        if (only is "" or "batch-fp32")
        {
            using var model = new ServedThreeWays(fp32, "fp32", threads);
            model.CompareBatches("fp32", photos, rounds);
        }

        if (only is "batch-fp32") return;
        CalibrationImages calibration = CalibrationImages.Read(Sample(CalibrationCount), fp32.Preprocessing, CalibrationCount, threads, CancellationToken.None);
        using var int8 = new ServedThreeWays(UntrainedModel.Quantize(fp32, calibration.Pixels, threads), "int8", threads);
        if (only is "" or "batch-int8") int8.CompareBatches("int8", photos, rounds);
        if (only is "" or "steady") int8.CompareSingles("int8, one by one, runs", Paths(SteadyLength), rounds, TimeSpan.Zero);
        if (only is "" or "burst") int8.CompareSingles("int8, one by one, bursts after a pause", Paths(BurstLength), 4 * rounds, Pause);

        string[] Paths(int count) => [.. Sample(count).Select(image => image.Path)];
    }

    private static Backbone LoadBackbone(string path, int imageSize)
    {
        ResolvedBackbone resolved = new BackboneStore(BackboneStoreOptions.FromEnvironment()).ResolveAsync(path).GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, path, content, imageSize);
    }

    private sealed class PathRow
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class ScoreRow
    {
        [ColumnName("Score")]
        public float[] Score { get; set; } = [];
    }

    // One model.zip in our engine, in our transformer and in ML.NET's.
    private sealed class ServedThreeWays : IDisposable
    {
        private readonly MLContext _context = new(seed: 1);
        private readonly ImagePredictionEngine _engine;
        private readonly ModelScorer _scorer;
        private readonly ITransformer _stock;
        private readonly PredictionEngine<PathRow, ScoreRow> _stockEngine;

        public ServedThreeWays(Backbone backbone, string precision, int threads)
        {
            using MemoryStream zip = UntrainedModel.Pack(backbone, precision);
            _engine = ImagePredictionEngine.Load(zip, new ImagePredictionEngineOptions { Device = "cpu" });
            byte[] network = UntrainedModel.BuildNetwork(backbone);
            _scorer = new ModelScorer(new ScoringNetwork(network, backbone.Preprocessing, "Score", _engine.Labels.Count), ComputeDevice.Cpu, threads);
            zip.Position = 0;
            _stock = _context.Model.Load(zip, out _);
            _stockEngine = _context.Model.CreatePredictionEngine<PathRow, ScoreRow>(
                _stock, new PredictionEngineOptions { OwnsTransformer = false });
        }

        public void CompareBatches(string title, string[] photos, int rounds)
        {
            IDataView data = _context.Data.LoadFromEnumerable(photos.Select(path => new PathRow { ImagePath = path }).ToArray());
            var schema = new ScoredSchema(data.Schema, ModelColumns.Default, _engine.Labels);
            Print($"{title}, {photos.Length} photos", photos.Length, rounds, TimeSpan.Zero,
                ("ML.NET's own steps", () => Read(_stock.Transform(data))),
                ("our PredictBatch", () => _engine.PredictBatch(photos)),
                ("our Transform", () => Read(new ScoredView(schema, _scorer, data))));
        }

        public void CompareSingles(string title, string[] photos, int rounds, TimeSpan pause) =>
            Print($"{title} of {photos.Length}", photos.Length, rounds, pause,
                ("ML.NET's PredictionEngine", () => Array.ForEach(photos, path => _stockEngine.Predict(new PathRow { ImagePath = path }))),
                ("our engine", () => Array.ForEach(photos, path => _engine.Predict(path))));

        public void Dispose()
        {
            _engine.Dispose();
            _scorer.Dispose();
            _stockEngine.Dispose();
            (_stock as IDisposable)?.Dispose();
        }

        private static void Read(IDataView view)
        {
            DataViewSchema.Column score = view.Schema["Score"];
            using DataViewRowCursor cursor = view.GetRowCursor([score]);
            ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(score);
            VBuffer<float> value = default;
            while (cursor.MoveNext()) getter(ref value);
        }

        private static void Print(string title, int unitCount, int rounds, TimeSpan pause, params (string Name, Action Job)[] jobs)
        {
            foreach ((_, Action job) in jobs) job();
            double[][] seconds = Rounds.Measure(rounds, [.. jobs.Select(job => (Func<double>)(() =>
            {
                Thread.Sleep(pause);
                return Rounds.Time(job.Job);
            }))]);
            Console.WriteLine(title);
            for (int i = 0; i < jobs.Length; i++)
            {
                int index = i;
                double rate = unitCount / Rounds.Median(seconds.Select(round => round[index]));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {jobs[i].Name,-28} {rate,8:0.00}/s   {Ratio(0, i)}"));
            }

            if (jobs.Length > 2) Console.WriteLine($"  Transform to PredictBatch: {Ratio(1, 2)}");

            string Ratio(int first, int second)
            {
                double[] ratios = [.. seconds.Select(round => round[first] / round[second])];
                return string.Create(CultureInfo.InvariantCulture, $"{Rounds.Median(ratios):0.00} ({ratios.Min():0.00} to {ratios.Max():0.00})");
            }
        }
    }
}
