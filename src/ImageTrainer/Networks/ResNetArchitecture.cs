using System.Collections.Immutable;

namespace ImageTrainer.Networks;

/// <summary>A member of the ResNet family: a 7x7 stem, four stages of residual blocks, and the mean over space (He et al., 2015, table 1).</summary>
/// <param name="Name">"resnet50".</param>
/// <param name="Block">Kind of its blocks.</param>
/// <param name="BlockCounts">Blocks in each of the four stages.</param>
internal sealed record ResNetArchitecture(string Name, BlockKind Block, ImmutableArray<int> BlockCounts)
{
    private const int StemChannels = 64;

    /// <summary>Every member known here, smallest first.</summary>
    public static ImmutableArray<ResNetArchitecture> All { get; } =
    [
        new("resnet10", BlockKind.Basic, [1, 1, 1, 1]),
        new("resnet18", BlockKind.Basic, [2, 2, 2, 2]),
        new("resnet34", BlockKind.Basic, [3, 4, 6, 3]),
        new("resnet50", BlockKind.Bottleneck, [3, 4, 6, 3]),
        new("resnet101", BlockKind.Bottleneck, [3, 4, 23, 3]),
        new("resnet152", BlockKind.Bottleneck, [3, 8, 36, 3]),
    ];

    /// <summary>The first convolution: 7x7, stride 2, 3 to 64 channels.</summary>
    public static ConvolutionLayer Stem { get; } = new("stem.conv", "conv1", "bn1", (3, StemChannels), 7, 2);

    /// <summary>D, the number of features: 512 or 2,048.</summary>
    public int FeatureCount => StageWidth(BlockCounts.Length - 1) * Block.Expansion();

    /// <summary>The residual blocks from input to output.</summary>
    public IEnumerable<ResidualBlock> Blocks
    {
        get
        {
            int channels = StemChannels;
            for (int stage = 0; stage < BlockCounts.Length; stage++)
            {
                for (int index = 0; index < BlockCounts[stage]; index++)
                {
                    int stride = stage > 0 && index == 0 ? 2 : 1;
                    yield return Block.At(new BlockPlace(stage, index, channels, StageWidth(stage), stride));
                    channels = StageWidth(stage) * Block.Expansion();
                }
            }
        }
    }

    /// <summary>Every convolution, the stem first.</summary>
    public IEnumerable<ConvolutionLayer> Convolutions => Blocks.SelectMany(block => block.Convolutions).Prepend(Stem);

    /// <summary>Trained numbers up to the features; a head of K classes adds (D + 1) K.</summary>
    public long ParameterCount => Convolutions.Sum(layer => layer.ParameterCount);

    private static int StageWidth(int stage) => StemChannels << stage;
}
