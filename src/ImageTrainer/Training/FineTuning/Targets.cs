using System.Numerics.Tensors;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Training.FineTuning;

/// <summary>What each training image is to be taken for, and in which order they come.</summary>
internal sealed class Targets
{
    private readonly IReadOnlyList<int> _classes;
    private readonly IImageAugmentation? _augmentation;
    private readonly float[] _classWeights;

    /// <summary>Prepares targets.</summary>
    /// <param name="classes">Class of each image.</param>
    /// <param name="classCount">K.</param>
    /// <param name="classWeights">Whether rare classes count more.</param>
    /// <param name="augmentation">What mixes images, or null.</param>
    public Targets(IReadOnlyList<int> classes, int classCount, ClassWeights classWeights, IImageAugmentation? augmentation)
    {
        (_classes, _augmentation, ClassCount) = (classes, augmentation, classCount);
        int[] counts = new int[classCount];
        foreach (int label in classes) counts[label]++;
        int presentCount = counts.Count(count => count > 0);
        _classWeights = [.. counts.Select(count => classWeights == ClassWeights.Balanced && count > 0
            ? (float)((double)classes.Count / presentCount / count)
            : 1)];
    }

    /// <summary>K.</summary>
    public int ClassCount { get; }

    /// <summary>N.</summary>
    public int ImageCount => _classes.Count;

    /// <summary>Writes the target of an image, a share for each class, times the weight of its own class.</summary>
    public void Write(int epoch, int image, Span<float> target)
    {
        if (_augmentation is null) target[_classes[image]] = 1;
        else _augmentation.WriteTarget(epoch, image, target);
        TensorPrimitives.Multiply(target, _classWeights[_classes[image]], target);
    }

    /// <summary>The images of an epoch, shuffled ("The Art of Computer Programming", Knuth, volume 2, algorithm 3.4.2P).</summary>
    public int[] Order(int seed, int epoch)
    {
        var random = new SplittableRandom(seed, "order", epoch);
        int[] order = [.. Enumerable.Range(0, ImageCount)];
        for (int i = order.Length - 1; i > 0; i--)
        {
            int other = random.Count(0, i);
            (order[i], order[other]) = (order[other], order[i]);
        }

        return order;
    }
}
