using System.Collections.Immutable;

namespace ImageTrainer.Networks;

/// <summary>The residual functions of the ResNet family (He et al., 2015, figure 5).</summary>
internal enum BlockKind
{
    /// <summary>Two 3x3 convolutions: ResNet-10, 18, 34.</summary>
    Basic,

    /// <summary>
    /// 1x1 down, 3x3, 1x1 up to four times the width: ResNet-50, 101, 152. The 3x3 convolution has the stride ("V1.5", as in torchvision).
    /// </summary>
    Bottleneck,

    /// <summary>The same with the stride in the first 1x1 convolution, as in the paper ("V1").</summary>
    OriginalBottleneck,
}

/// <summary>A convolution without bias followed by BatchNorm; in the graph the two are one convolution with bias.</summary>
/// <param name="Name">Name of the node: "stage3.block2.conv1".</param>
/// <param name="KernelKey">Key of the convolution in torchvision's files: "layer3.1.conv1".</param>
/// <param name="NormKey">Key of the BatchNorm there: "layer3.1.bn1".</param>
/// <param name="Channels">Channels in and out.</param>
/// <param name="KernelSize">Side of the window in pixels; odd, padded by half of it.</param>
/// <param name="Stride">Step in pixels.</param>
internal sealed record ConvolutionLayer(
    string Name, string KernelKey, string NormKey, (int Input, int Output) Channels, int KernelSize, int Stride)
{
    /// <summary>Shape of the kernel: [output channels, input channels, k, k].</summary>
    public long[] KernelShape => [Channels.Output, Channels.Input, KernelSize, KernelSize];

    /// <summary>Trained numbers: the kernel, and BatchNorm's scale and shift.</summary>
    public long ParameterCount => KernelShape.Aggregate((product, size) => product * size) + (2L * Channels.Output);
}

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

/// <summary>Where a residual block stands in its network, which decides what it is made of.</summary>
/// <param name="Stage">0 to 3.</param>
/// <param name="Index">Place in its stage, from 0.</param>
/// <param name="InputChannels">Channels of x.</param>
/// <param name="Width">Channels of the 3x3 convolutions: 64, 128, 256, 512 by stage.</param>
/// <param name="Stride">2 in the first block of stages 1 to 3, else 1.</param>
internal sealed record BlockPlace(int Stage, int Index, int InputChannels, int Width, int Stride)
{
    private string Name => $"stage{Stage + 1}.block{Index + 1}";

    private string Key => $"layer{Stage + 1}.{Index}";

    /// <summary>Output channels of a block of some kind over its width.</summary>
    public static int Expansion(BlockKind kind) => kind == BlockKind.Basic ? 1 : 4;

    /// <summary>The block of a kind at this place.</summary>
    public ResidualBlock Block(BlockKind kind)
    {
        int outputs = Width * Expansion(kind);
        (int first, int second) = kind == BlockKind.OriginalBottleneck ? (Stride, 1) : (1, Stride);
        ImmutableArray<ConvolutionLayer> residual = kind == BlockKind.Basic
            ? [Convolution(1, (InputChannels, Width), 3, Stride), Convolution(2, (Width, Width), 3, 1)]
            :
            [
                Convolution(1, (InputChannels, Width), 1, first),
                Convolution(2, (Width, Width), 3, second),
                Convolution(3, (Width, outputs), 1, 1),
            ];
        bool fits = Stride == 1 && InputChannels == outputs;
        return new ResidualBlock(Name, residual, fits ? null : new ConvolutionLayer(
            $"{Name}.shortcut", $"{Key}.downsample.0", $"{Key}.downsample.1", (InputChannels, outputs), 1, Stride));
    }

    /// <summary>Counted from 1, as in torchvision's keys.</summary>
    private ConvolutionLayer Convolution(int number, (int Input, int Output) channels, int kernelSize, int stride) =>
        new($"{Name}.conv{number}", $"{Key}.conv{number}", $"{Key}.bn{number}", channels, kernelSize, stride);
}
