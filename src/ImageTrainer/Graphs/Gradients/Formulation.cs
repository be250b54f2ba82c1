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

    /// <summary>
    /// The other way round: for each input place the (tap, output place) pairs that see it, as indices into a list of them.
    /// </summary>
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

/// <summary>
/// How a device likes the sums of a network to be written: the layout of activations, and which operators compute a convolution and its
/// gradients. What is computed is the same in all of them; it stands in the <see cref="NodeGradient"/> of each operator. Activations of
/// several images and matrices of one row an image are in the formulation's own layout; kernels are matrices [M, C k k].
/// </summary>
/// <param name="batchSize">N, fixed in the graph.</param>
internal abstract class Formulation(int batchSize)
{
    /// <summary>N.</summary>
    public int BatchSize => batchSize;

    /// <summary>Brings [N, C, H, W] into this layout.</summary>
    public abstract GraphTensor FromImages(NodeScope scope, GraphTensor images);

    /// <summary>Brings [N, D] into this layout.</summary>
    public abstract GraphTensor FromRows(NodeScope scope, GraphTensor rows);

    /// <summary>Brings a matrix of this layout to [N, D].</summary>
    public abstract GraphTensor ToRows(NodeScope scope, GraphTensor matrix);

    /// <summary>A vector [C] in the shape that stretches over activations.</summary>
    public abstract GraphTensor PerChannel(NodeScope scope, GraphTensor vector);

    /// <summary>Sum over images and places of each channel: [C].</summary>
    public abstract GraphTensor ChannelSum(NodeScope scope, GraphTensor x);

    /// <summary>Sum over images and places of a * b for each channel: [C].</summary>
    public abstract GraphTensor ChannelDot(NodeScope scope, GraphTensor a, GraphTensor b);

    /// <summary>Convolution of x with a kernel [M, C k k] plus a bias [M].</summary>
    public abstract GraphTensor Convolve(NodeScope scope, GraphTensor x, (GraphTensor Kernel, GraphTensor Bias) weights, WindowPass pass);

    /// <summary>For dy the gradient of the kernel: [M, C k k].</summary>
    public abstract GraphTensor KernelGradient(NodeScope scope, GraphTensor x, GraphTensor dy, WindowPass pass);

    /// <summary>For dy the gradient of x.</summary>
    public abstract GraphTensor InputGradient(NodeScope scope, GraphTensor kernel, GraphTensor dy, WindowPass pass);

    /// <summary>Greatest value under the window.</summary>
    public abstract GraphTensor MaxPool(NodeScope scope, GraphTensor x, WindowPass pass);

    /// <summary>For dy the gradient of x: each dy goes to the place that was greatest, in equal shares where several were.</summary>
    public abstract GraphTensor MaxPoolGradient(NodeScope scope, GraphTensor x, (GraphTensor Y, GraphTensor Dy) output, WindowPass pass);

    /// <summary>Mean over places: a matrix of N rows and C columns in this layout.</summary>
    public abstract GraphTensor SpatialMean(NodeScope scope, GraphTensor x);

    /// <summary>Spreads a matrix of N rows and C columns evenly over places: its elements divided by H * W.</summary>
    public abstract GraphTensor Spread(NodeScope scope, GraphTensor matrix, ImageSize size);

    /// <summary>The linear layer x W^T + b for W [K, D].</summary>
    public abstract GraphTensor Linear(NodeScope scope, GraphTensor x, GraphTensor weights, GraphTensor bias);

    /// <summary>For dy the gradient of W: [K, D].</summary>
    public abstract GraphTensor LinearWeightGradient(NodeScope scope, GraphTensor x, GraphTensor dy);

    /// <summary>For dy the gradient of b: [K].</summary>
    public abstract GraphTensor LinearBiasGradient(NodeScope scope, GraphTensor dy);

    /// <summary>For dy the gradient of x.</summary>
    public abstract GraphTensor LinearInputGradient(NodeScope scope, GraphTensor weights, GraphTensor dy);

    /// <summary>Normalises x by its own mean and variance, times gamma plus beta.</summary>
    /// <returns>The result, the batch's mean [C], and its biased variance [C].</returns>
    public abstract (GraphTensor Y, GraphTensor Mean, GraphTensor Variance) Normalize(
        NodeScope scope, GraphTensor x, (GraphTensor Gamma, GraphTensor Beta) affine, float epsilon);

    /// <summary>ONNX's BatchNormalization in training mode: normalises each channel, axis 1 of x, by its own mean and variance.</summary>
    /// <returns>The result, the batch's mean [C], and its biased variance [C].</returns>
    protected static (GraphTensor Y, GraphTensor Mean, GraphTensor Variance) NormalizeByBatch(
        NodeScope scope, GraphTensor x, (GraphTensor Gamma, GraphTensor Beta) affine, float epsilon)
    {
        long channels = x.Shape[1].Size;
        // The operator writes its averages over those it is given, and equal constants are made one: so two that differ.
        float[] ones = new float[channels];
        Array.Fill(ones, 1);
        GraphTensor unusedMean = scope.Constant([channels], new float[channels]);
        GraphTensor unusedVariance = scope.Constant([channels], ones);
        GraphTensor Output(string kind, TensorShape shape) => new(scope.NextName(kind), ElementType.Float, shape);

        GraphTensor y = Output("BatchNormalization", x.Shape);
        GraphTensor mean = Output("mean", new TensorShape(channels));
        GraphTensor variance = Output("variance", new TensorShape(channels));
        // With a momentum of 0 the "running" averages that the operator gives are the batch's own.
        scope.Add(
            "BatchNormalization", [x, affine.Gamma, affine.Beta, unusedMean, unusedVariance], [y, mean, variance],
            GraphAttribute.Float("epsilon", epsilon), GraphAttribute.Float("momentum", 0), GraphAttribute.Int("training_mode", 1));
        return (y, mean, variance);
    }
}
