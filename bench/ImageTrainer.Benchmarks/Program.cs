using System.CommandLine;
using ImageTrainer.Benchmarks;
using ImageTrainer.Benchmarks.Peers;
using ImageTrainer.Benchmarks.Pieces;
using ImageTrainer.Benchmarks.Serving;

var root = new RootCommand("Speeds, judged by ratios within one run: absolute times drift with the machine.")
{
    FeaturizingBenchmark.Create(),
    HeadFitBenchmark.Create(),
    EngineBenchmark.Create(),
    MLNetBenchmark.Create(),
    ScoringBenchmark.Create(),
    ServingBenchmark.Create(),
    TrainingStepBenchmark.Create(),
    PeersBenchmark.Create(),
    PiecesBenchmark.Create(),
};
return root.Parse(args).Invoke();
