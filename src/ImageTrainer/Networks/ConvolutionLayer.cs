namespace ImageTrainer.Networks;

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
    public long ParameterCount => ((long)Channels.Output * Channels.Input * KernelSize * KernelSize) + (2L * Channels.Output);
}
