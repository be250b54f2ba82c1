namespace ImageTrainer.Networks;

/// <summary>The residual functions of the ResNet family (He et al., 2015, figure 5).</summary>
internal enum BlockKind
{
    /// <summary>Two 3x3 convolutions: ResNet-10, 18, 34.</summary>
    Basic,

    /// <summary>1x1 down, 3x3, 1x1 up to four times the width: ResNet-50, 101, 152. The 3x3 convolution has the stride ("V1.5", as in torchvision).</summary>
    Bottleneck,

    /// <summary>The same with the stride in the first 1x1 convolution, as in the paper ("V1").</summary>
    OriginalBottleneck,
}
