using System.Globalization;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;
using ImageTrainer.Featurizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>Logistic regression of one penalty on a drawn matrix, to the same distance from the optimum.</summary>
internal static class HeadWork
{
    private const int RowCount = 10_000;
    private const int ColumnCount = 2_048;
    private const int ClassCount = 10;
    private const double L2 = 0.01;

    public static void Run(Contest contest)
    {
        ContestOptions options = contest.Options;
        (FeatureMatrix features, int[] labels) = HeadFitBenchmark.Draw(RowCount, ColumnCount, ClassCount);
        string file = contest.PathOf("matrix.f32");
        File.WriteAllBytes(file, MemoryMarshal.AsBytes(features.Values).ToArray());
        var request = new PeerRequest("head", Matrix: new PeerMatrix(file, labels, ClassCount, L2));
        (HeadFit? ours, double torchObjective) = (null, 0);
        List<Participant> participants = [new("ours", () => Rounds.Time(() => ours = Fit(features, labels, options.ThreadCount)))];
        if (contest.Torch is { } torch)
            participants.Add(new("torch.optim.LBFGS, strong Wolfe", () => FitTorch(torch, request, out torchObjective)));
        Standings.WarmUp(participants);
        Standings.Print(
            string.Create(CultureInfo.InvariantCulture, $"Head fit [{RowCount}, {ColumnCount}], {ClassCount} classes, l2 {L2}"), options.RoundCount, participants,
            seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.00} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  objective reached: ours {Objective(ours!, features, labels):0.0000000}, PyTorch {torchObjective:0.0000000}"));
    }

    private static HeadFit Fit(FeatureMatrix features, int[] labels, int threadCount) =>
        HeadFitter.Fit(features, labels, ClassCount, new HeadFitOptions { L2Candidates = [L2], FoldCount = 0, DegreeOfParallelism = threadCount }, CancellationToken.None);

    private static double FitTorch(TorchPeer torch, PeerRequest request, out double objective)
    {
        JsonElement answer = torch.Ask(request);
        objective = answer.GetProperty("objective").GetDouble();
        return answer.GetProperty("seconds").GetDouble();
    }

    // Mean cross-entropy + l2 / 2 * |W|^2, the penalty being on W of standardised features.
    private static double Objective(HeadFit fit, FeatureMatrix features, int[] labels)
    {
        float[] scales = FeatureStandardization.Measure(features, new ParallelOptions()).Scales;
        double penalty = fit.Weights.Select((weight, i) => Math.Pow(weight / scales[i % ColumnCount], 2)).Sum();
        double loss = Enumerable.Range(0, RowCount).Average(row => SoftmaxCrossEntropy.Loss(Logits(fit, features.Row(row)), labels[row]));
        return loss + (L2 / 2 * penalty);
    }

    private static float[] Logits(HeadFit fit, ReadOnlySpan<float> row)
    {
        float[] logits = [.. fit.Biases];
        for (int k = 0; k < logits.Length; k++)
            logits[k] += TensorPrimitives.Dot(row, fit.Weights.AsSpan(k * ColumnCount, ColumnCount));
        return logits;
    }
}
