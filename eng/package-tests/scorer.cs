// A model, a folder and an output: a row an image.
using System.Security.Cryptography;
using ImageTrainer;
using ImageTrainer.Batch;

string sha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(args[0])));
using var engine = ImagePredictionEngine.Load(args[0], new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 });
ScoringSummary summary = new BatchScorer(engine, sha256).Score([args[1]], args[2]);
Console.WriteLine($"{summary.RowCount} rows, {summary.ErrorCount} unreadable");
return summary is { RowCount: > 0, ErrorCount: 0 } ? 0 : 1;
