using System.Numerics.Tensors;
using ImageTrainer.Featurizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>Applies a linear head to features while training; what a model is measured by comes from <see cref="ServedScores"/>.</summary>
internal static class LinearScores
{
    /// <summary>logits = features * weights^T + biases.</summary>
    /// <returns>[N, K], row-major.</returns>
    public static float[] Logits(HeadFit head, FeatureMatrix features)
    {
        int classCount = head.Biases.Length;
        float[] logits = new float[features.RowCount * classCount];
        Parallel.For(0, features.RowCount, row =>
        {
            for (int k = 0; k < classCount; k++)
            {
                ReadOnlySpan<float> weights = head.Weights.AsSpan(k * features.ColumnCount, features.ColumnCount);
                logits[(row * classCount) + k] = TensorPrimitives.Dot(features.Row(row), weights) + head.Biases[k];
            }
        });
        return logits;
    }
}
