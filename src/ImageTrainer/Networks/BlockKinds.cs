namespace ImageTrainer.Networks;

/// <summary>What each kind of block is made of.</summary>
internal static class BlockKinds
{
    /// <summary>Output channels of a block over its width.</summary>
    public static int Expansion(this BlockKind kind) => kind == BlockKind.Basic ? 1 : 4;

    /// <summary>The block of this kind at a place.</summary>
    public static ResidualBlock At(this BlockKind kind, BlockPlace place) =>
        kind switch
        {
            BlockKind.Basic => Basic(place),
            BlockKind.Bottleneck => Bottleneck(place, (1, place.Stride)),
            _ => Bottleneck(place, (place.Stride, 1)),
        };

    private static ResidualBlock Basic(BlockPlace place) => new(
        place.Name,
        [
            place.Convolution(1, (place.InputChannels, place.Width), 3, place.Stride),
            place.Convolution(2, (place.Width, place.Width), 3, 1),
        ],
        place.Shortcut(place.Width));

    private static ResidualBlock Bottleneck(BlockPlace place, (int First, int Second) strides)
    {
        int outputChannels = place.Width * BlockKind.Bottleneck.Expansion();
        return new(
            place.Name,
            [
                place.Convolution(1, (place.InputChannels, place.Width), 1, strides.First),
                place.Convolution(2, (place.Width, place.Width), 3, strides.Second),
                place.Convolution(3, (place.Width, outputChannels), 1, 1),
            ],
            place.Shortcut(outputChannels));
    }
}
