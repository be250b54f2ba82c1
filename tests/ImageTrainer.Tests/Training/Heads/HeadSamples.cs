using ImageTrainer.Featurizing;

namespace ImageTrainer.Tests.Training.Heads;

/// <summary>Seeded features that resemble a network's: not negative, correlated, of different sizes and means.</summary>
internal static class HeadSamples
{
    public static (FeatureMatrix Features, int[] Labels) Make(int rowCount, int columnCount, int classCount, double signal = 1, int seed = 1)
    {
        var random = new Random(seed);
        float[] centers = [.. Enumerable.Range(0, classCount * columnCount).Select(_ => (float)(signal * random.NextDouble()))];
        float[] values = new float[rowCount * columnCount];
        int[] labels = new int[rowCount];
        for (int row = 0; row < rowCount; row++)
        {
            labels[row] = row % classCount;
            double common = random.NextDouble();
            for (int d = 0; d < columnCount; d++)
            {
                double value = centers[(labels[row] * columnCount) + d] + common + (2 * random.NextDouble()) - 1;
                values[(row * columnCount) + d] = (float)(Math.Max(0, value) * (1 + (d % 7)));
            }
        }

        return (new FeatureMatrix(values, rowCount, columnCount), labels);
    }
}
