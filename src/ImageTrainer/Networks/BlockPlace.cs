namespace ImageTrainer.Networks;

/// <summary>Where a residual block stands in its network.</summary>
/// <param name="Stage">0 to 3.</param>
/// <param name="Index">Place in its stage, from 0.</param>
/// <param name="InputChannels">Channels of x.</param>
/// <param name="Width">Channels of the 3x3 convolutions: 64, 128, 256, 512 by stage.</param>
/// <param name="Stride">2 in the first block of stages 1 to 3, else 1.</param>
internal sealed record BlockPlace(int Stage, int Index, int InputChannels, int Width, int Stride)
{
    /// <summary>"stage3.block2", counted from 1.</summary>
    public string Name => $"stage{Stage + 1}.block{Index + 1}";

    /// <summary>The <paramref name="number"/>th convolution of F, counted from 1 as in torchvision's keys.</summary>
    public ConvolutionLayer Convolution(int number, (int Input, int Output) channels, int kernelSize, int stride) =>
        new($"{Name}.conv{number}", $"{Key}.conv{number}", $"{Key}.bn{number}", channels, kernelSize, stride);

    /// <summary>The projection to <paramref name="outputChannels"/>, or null where x has F(x)'s shape already.</summary>
    public ConvolutionLayer? Shortcut(int outputChannels) => Stride == 1 && InputChannels == outputChannels
        ? null
        : new($"{Name}.shortcut", $"{Key}.downsample.0", $"{Key}.downsample.1", (InputChannels, outputChannels), 1, Stride);

    private string Key => $"layer{Stage + 1}.{Index}";
}
