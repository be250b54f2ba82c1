using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>A smooth convex function of a point, as <see cref="LbfgsMinimizer"/> wants to see it. For one caller at a time.</summary>
internal abstract class HeadObjective
{
    private const int DotBlock = 1024;

    /// <summary>Length of points and gradients.</summary>
    public abstract int Length { get; }

    /// <summary>L2 strength, above 0.</summary>
    public double L2 { get; set; } = 1;

    /// <summary>The value at a point; overwrites <paramref name="gradient"/> with the gradient there.</summary>
    public abstract double Evaluate(float[] point, float[] gradient);

    /// <summary>The inner product in which <see cref="Evaluate"/> gives gradients: for gradient g and step s, value changes by Dot(g, s).</summary>
    public virtual double Dot(ReadOnlySpan<float> left, ReadOnlySpan<float> right) => SumProducts(left, right);

    /// <summary>A dot product of floats summed in double from blocks of floats: as exact as the search needs at the speed of floats.</summary>
    protected static double SumProducts(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        double sum = 0;
        for (int i = 0; i < left.Length; i += DotBlock)
        {
            int length = Math.Min(DotBlock, left.Length - i);
            sum += TensorPrimitives.Dot(left.Slice(i, length), right.Slice(i, length));
        }

        return sum;
    }
}
