using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace ImageTrainer.Networks;

/// <summary>
/// A member of the ResNet family: a 7x7 stem, four stages of residual blocks, and the mean over space (He et al., 2015, table 1).
/// </summary>
/// <param name="Name">"resnet50"; "resnet-basic-2-2-2-3" where nobody has named it.</param>
/// <param name="Block">Kind of its blocks.</param>
/// <param name="BlockCounts">Blocks in each of the four stages.</param>
internal sealed partial record ResNetArchitecture(string Name, BlockKind Block, ImmutableArray<int> BlockCounts)
{
    /// <summary>Number of stages, each of half the size and twice the width of the one before.</summary>
    public const int StageCount = 4;

    /// <summary>Least side of an image in pixels: it is halved five times.</summary>
    public const int SmallestSide = 32;

    private const int StemChannels = 64;
    private const int MaxBlockCount = 1000;

    /// <summary>By block kind.</summary>
    private static readonly string[] Words = ["basic", "bottleneck", "original"];

    /// <summary>The members with names of their own, smallest first.</summary>
    public static ImmutableArray<ResNetArchitecture> All { get; } =
    [
        new("resnet10", BlockKind.Basic, [1, 1, 1, 1]),
        new("resnet18", BlockKind.Basic, [2, 2, 2, 2]),
        new("resnet34", BlockKind.Basic, [3, 4, 6, 3]),
        new("resnet50", BlockKind.Bottleneck, [3, 4, 6, 3]),
        new("resnet101", BlockKind.Bottleneck, [3, 4, 23, 3]),
        new("resnet152", BlockKind.Bottleneck, [3, 8, 36, 3]),
    ];

    /// <summary>The member with these blocks, under the name that others know it by or one that tells what it is made of.</summary>
    public static ResNetArchitecture Of(BlockKind block, ImmutableArray<int> blockCounts) =>
        All.FirstOrDefault(known => known.Block == block && known.BlockCounts.SequenceEqual(blockCounts))
        ?? new ResNetArchitecture($"resnet-{Words[(int)block]}-{string.Join('-', blockCounts)}", block, blockCounts);

    /// <summary>The member of a name, or null where the name is none.</summary>
    public static ResNetArchitecture? Find(string name)
    {
        if (All.FirstOrDefault(known => known.Name == name) is { } known) return known;
        Match match = MadeUpName().Match(name);
        if (!match.Success) return null;
        ImmutableArray<int> counts = [.. match.Groups[2].Value.Split('-').Select(count => int.Parse(count, CultureInfo.InvariantCulture))];
        return counts.All(count => count is > 0 and <= MaxBlockCount)
            ? Of((BlockKind)Array.IndexOf(Words, match.Groups[1].Value), counts)
            : null;
    }

    /// <summary>The first convolution: 7x7, stride 2, 3 to 64 channels.</summary>
    public static ConvolutionLayer Stem { get; } = new("stem.conv", "conv1", "bn1", (3, StemChannels), 7, 2);

    /// <summary>D, the number of features: 512 or 2,048.</summary>
    public int FeatureCount => StageWidth(BlockCounts.Length - 1) * BlockPlace.Expansion(Block);

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
                    yield return new BlockPlace(stage, index, channels, StageWidth(stage), stride).Block(Block);
                    channels = StageWidth(stage) * BlockPlace.Expansion(Block);
                }
            }
        }
    }

    /// <summary>Every convolution, the stem first.</summary>
    public IEnumerable<ConvolutionLayer> Convolutions => Blocks.SelectMany(block => block.Convolutions).Prepend(Stem);

    /// <summary>Trained numbers up to the features; a head of K classes adds (D + 1) K.</summary>
    public long ParameterCount => Convolutions.Sum(layer => layer.ParameterCount);

    /// <summary>Channels of the 3x3 convolutions of a stage, counted from 0: 64, 128, 256, 512.</summary>
    public static int StageWidth(int stage) => StemChannels << stage;

    [GeneratedRegex(@"^resnet-(basic|bottleneck|original)-([0-9]{1,4}(?:-[0-9]{1,4}){3})$", RegexOptions.CultureInvariant)]
    private static partial Regex MadeUpName();
}
