using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>Sizes of one image's activations.</summary>
/// <param name="Channels">C.</param>
/// <param name="Height">H.</param>
/// <param name="Width">W.</param>
internal readonly record struct ImageSize(int Channels, int Height, int Width)
{
    /// <summary>H * W.</summary>
    public int PlaneLength => Height * Width;

    /// <summary>The sizes of a tensor [N, C, H, W].</summary>
    /// <exception cref="GraphException">It is of another rank, or a size but N is a symbol.</exception>
    public static ImageSize Of(GraphTensor tensor) =>
        tensor.Shape.Dimensions is [_, { Size: > 0 } channels, { Size: > 0 } height, { Size: > 0 } width]
            ? new ImageSize((int)channels.Size, (int)height.Size, (int)width.Size)
            : throw new GraphException(tensor.Name, "gradient", $"the shape {tensor.Shape} is not [N, C, H, W] of fixed sizes");
}

/// <summary>A window that goes over images and makes others.</summary>
/// <param name="Input">Sizes of x.</param>
/// <param name="Output">Sizes of y.</param>
/// <param name="Window">The window.</param>
internal readonly record struct WindowPass(ImageSize Input, ImageSize Output, SlidingWindow Window)
{
    /// <summary>Places under the window: k * k.</summary>
    public int TapCount => Window.Size * Window.Size;

    /// <summary>
    /// For each output place and tap the input place under it, or <paramref name="outside"/> where that is padding.
    /// </summary>
    /// <param name="outside">Index that stands for padding.</param>
    /// <returns>[taps, H' * W'].</returns>
    public long[] InputPlaces(long outside)
    {
        long[] places = new long[TapCount * Output.PlaneLength];
        for (int i = 0; i < places.Length; i++)
        {
            (int tap, int place) = Math.DivRem(i, Output.PlaneLength);
            int y = (place / Output.Width * Window.Stride) + (tap / Window.Size) - Window.Padding;
            int x = (place % Output.Width * Window.Stride) + (tap % Window.Size) - Window.Padding;
            bool isInside = y >= 0 && y < Input.Height && x >= 0 && x < Input.Width;
            places[i] = isInside ? (y * Input.Width) + x : outside;
        }

        return places;
    }

    /// <summary>The other way round: for each input place the (tap, output place) pairs that see it, as indices into a list of them.</summary>
    /// <param name="index">Index of a pair.</param>
    /// <param name="nothing">Index that stands for no pair; fills up the rows.</param>
    /// <returns>[H * W, T], T the most pairs that one place has, row-major; and T.</returns>
    public (long[] Pairs, int Width) PairsByInput(Func<int, int, long> index, long nothing)
    {
        long[] places = InputPlaces(-1);
        var pairs = new List<long>[Input.PlaneLength];
        for (int i = 0; i < pairs.Length; i++) pairs[i] = [];
        for (int i = 0; i < places.Length; i++)
        {
            if (places[i] >= 0) pairs[places[i]].Add(index(i / Output.PlaneLength, i % Output.PlaneLength));
        }

        int width = Math.Max(1, pairs.Max(list => list.Count));
        return ([.. pairs.SelectMany(list => list.Concat(Enumerable.Repeat(nothing, width - list.Count)))], width);
    }
}
