namespace ImageTrainer.Networks;

/// <summary>What each kind of block is made of.</summary>
internal static class BlockKinds
{
    /// <summary>Output channels of a block over its width.</summary>
    public static int Expansion(this BlockKind kind) => kind == BlockKind.Bottleneck ? 4 : 1;

    /// <summary>The block of this kind at a place.</summary>
    public static ResidualBlock At(this BlockKind kind, BlockPlace place) =>
        kind == BlockKind.Bottleneck ? Bottleneck(place) : Basic(place);

    private static ResidualBlock Basic(BlockPlace place) => new(
        place.Name,
        [
            place.Convolution(1, (place.InputChannels, place.Width), 3, place.Stride),
            place.Convolution(2, (place.Width, place.Width), 3, 1),
        ],
        place.Shortcut(place.Width));

    // The stride sits in the 3x3 convolution ("V1.5", as in torchvision's weights); the paper has it in the first 1x1.
    private static ResidualBlock Bottleneck(BlockPlace place)
    {
        int outputChannels = place.Width * BlockKind.Bottleneck.Expansion();
        return new(
            place.Name,
            [
                place.Convolution(1, (place.InputChannels, place.Width), 1, 1),
                place.Convolution(2, (place.Width, place.Width), 3, place.Stride),
                place.Convolution(3, (place.Width, outputChannels), 1, 1),
            ],
            place.Shortcut(outputChannels));
    }
}
