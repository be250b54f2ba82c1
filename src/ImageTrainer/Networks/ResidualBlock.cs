using System.Collections.Immutable;

namespace ImageTrainer.Networks;

/// <summary>
/// y = relu(F(x) + shortcut(x)), "Deep Residual Learning for Image Recognition" (He et al., 2015), equations 1 and 2.
/// </summary>
/// <param name="Name">"stage3.block2".</param>
/// <param name="Residual">F: convolutions with a ReLU between each two.</param>
/// <param name="Shortcut">1x1 projection where the shapes of x and F(x) differ; null for the identity where they agree.</param>
internal sealed record ResidualBlock(string Name, ImmutableArray<ConvolutionLayer> Residual, ConvolutionLayer? Shortcut)
{
    /// <summary>Every convolution of the block.</summary>
    public IEnumerable<ConvolutionLayer> Convolutions => Shortcut is null ? Residual : Residual.Append(Shortcut);
}
