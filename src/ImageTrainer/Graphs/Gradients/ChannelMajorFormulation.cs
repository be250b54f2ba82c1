namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Activations as [C, H W, N], matrices as [D, N]: the fastest on ONNX Runtime's CPU provider, where a channel is one row, gathers and
/// slices copy whole blocks of N, and a convolution's gradients are single matrix products. docs/residual-learning.md has the figures.
/// </summary>
internal sealed class ChannelMajorFormulation(int batchSize) : Formulation(batchSize)
{
    // What forward and backward share.
    private readonly Dictionary<(string X, WindowPass Pass), GraphTensor> _strided = [];
    private readonly Dictionary<(string X, WindowPass Pass), GraphTensor> _windows = [];

    /// <inheritdoc/>
    public override GraphTensor FromImages(NodeScope scope, GraphTensor images)
    {
        var size = ImageSize.Of(images);
        GraphTensor rows = scope.Reshape(images, BatchSize, (long)size.Channels * size.PlaneLength);
        return scope.Reshape(scope.Transpose(rows, 1, 0), size.Channels, size.PlaneLength, BatchSize);
    }

    /// <inheritdoc/>
    public override GraphTensor FromRows(NodeScope scope, GraphTensor rows) => scope.Transpose(rows, 1, 0);

    /// <inheritdoc/>
    public override GraphTensor ToRows(NodeScope scope, GraphTensor matrix) => scope.Transpose(matrix, 1, 0);

    /// <inheritdoc/>
    public override GraphTensor PerChannel(NodeScope scope, GraphTensor vector) => scope.Reshape(vector, vector.Sizes()[0], 1, 1);

    /// <inheritdoc/>
    public override GraphTensor ChannelSum(NodeScope scope, GraphTensor x) => scope.ReduceSum(Matrix(scope, x), 1);

    /// <inheritdoc/>
    public override GraphTensor ChannelDot(NodeScope scope, GraphTensor a, GraphTensor b) =>
        scope.ReduceSum(scope.Mul(Matrix(scope, a), Matrix(scope, b)), 1);

    /// <inheritdoc/>
    public override GraphTensor Convolve(NodeScope scope, GraphTensor x, (GraphTensor Kernel, GraphTensor Bias) weights, WindowPass pass)
    {
        if (pass.TapCount == 1)
        {
            GraphTensor bias = scope.Reshape(weights.Bias, pass.Output.Channels, 1);
            return Images(scope, scope.Gemm((weights.Kernel, false), (Matrix(scope, Strided(scope, x, pass)), false), bias), pass.Output);
        }

        int size = pass.Window.Size;
        GraphTensor kernel = scope.Reshape(weights.Kernel, pass.Output.Channels, pass.Input.Channels, size, size, 1);
        return Convolve(scope, x, [kernel, weights.Bias], pass);
    }

    /// <inheritdoc/>
    public override GraphTensor KernelGradient(NodeScope scope, GraphTensor x, GraphTensor dy, WindowPass pass)
    {
        if (pass.TapCount == 1)
            return scope.Gemm((Matrix(scope, dy), false), (Matrix(scope, Strided(scope, x, pass)), true));
        // A zero slice behind the last place stands for the padding: one Gather pads, strides and unfolds.
        GraphTensor padded = scope.Append(x, 1, 0);
        GraphTensor places = scope.Indices([pass.TapCount * pass.Output.PlaneLength], pass.InputPlaces(pass.Input.PlaneLength));
        GraphTensor columns = scope.Reshape(
            scope.Gather(padded, 1, places), (long)pass.Input.Channels * pass.TapCount, (long)pass.Output.PlaneLength * BatchSize);
        return scope.Gemm((Matrix(scope, dy), false), (columns, true));
    }

    /// <inheritdoc/>
    public override GraphTensor InputGradient(NodeScope scope, GraphTensor kernel, GraphTensor dy, WindowPass pass)
    {
        if (pass is { TapCount: 1, Window.Stride: 1 })
            return Images(scope, scope.Gemm((kernel, true), (Matrix(scope, dy), false)), pass.Input);
        // Turning the kernel round costs M C k k, unfolding the result C k k P N: the cheaper of the two.
        bool isKernelSmall = 4L * pass.Output.Channels < (long)pass.Output.PlaneLength * BatchSize;
        return pass.Window.Stride == 1 && isKernelSmall && 2 * pass.Window.Padding == pass.Window.Size - 1
            ? TurnedConvolution(scope, kernel, dy, pass)
            : FoldedProduct(scope, kernel, dy, pass);
    }

    /// <inheritdoc/>
    public override GraphTensor MaxPool(NodeScope scope, GraphTensor x, WindowPass pass) =>
        scope.Reduce("ReduceMax", Windows(scope, x, pass), 1);

    /// <inheritdoc/>
    public override GraphTensor MaxPoolGradient(NodeScope scope, GraphTensor x, (GraphTensor Y, GraphTensor Dy) output, WindowPass pass)
    {
        long[] one = [pass.Input.Channels, 1, pass.Output.PlaneLength, BatchSize];
        GraphTensor windows = Windows(scope, x, pass);
        var isGreatest = new GraphTensor(scope.NextName("Equal"), ElementType.Bool, windows.Shape);
        scope.Add("Equal", [windows, scope.Reshape(output.Y, one)], [isGreatest]);
        var mask = new GraphTensor(scope.NextName("Cast"), ElementType.Float, windows.Shape);
        scope.Add("Cast", [isGreatest], [mask], GraphAttribute.Int("to", (long)ElementType.Float));
        GraphTensor share = scope.Div(output.Dy, scope.ReduceSum(mask, 1));
        GraphTensor shares = scope.Mul(mask, scope.Reshape(share, one));
        int length = pass.TapCount * pass.Output.PlaneLength;
        GraphTensor padded = scope.Append(scope.Reshape(shares, pass.Input.Channels, length, BatchSize), 1, 0);
        (long[] pairs, int width) = pass.PairsByInput((tap, place) => (tap * pass.Output.PlaneLength) + place, length);
        return scope.ReduceSum(scope.Gather(padded, 1, scope.Indices([pass.Input.PlaneLength, width], pairs)), 2);
    }

    /// <inheritdoc/>
    public override GraphTensor SpatialMean(NodeScope scope, GraphTensor x) => scope.Reduce("ReduceMean", x, 1);

    /// <inheritdoc/>
    public override GraphTensor Spread(NodeScope scope, GraphTensor matrix, ImageSize size)
    {
        GraphTensor share = scope.Mul(matrix, 1.0 / size.PlaneLength);
        long[] sizes = [size.Channels, size.PlaneLength, BatchSize];
        GraphTensor target = scope.Indices([3], sizes);
        return scope.Emit("Expand", [scope.Reshape(share, size.Channels, 1, BatchSize), target], sizes);
    }

    /// <inheritdoc/>
    public override GraphTensor Linear(NodeScope scope, GraphTensor x, GraphTensor weights, GraphTensor bias) =>
        scope.Gemm((weights, false), (x, false), scope.Reshape(bias, bias.Sizes()[0], 1));

    /// <inheritdoc/>
    public override GraphTensor LinearWeightGradient(NodeScope scope, GraphTensor x, GraphTensor dy) => scope.Gemm((dy, false), (x, true));

    /// <inheritdoc/>
    public override GraphTensor LinearBiasGradient(NodeScope scope, GraphTensor dy) => scope.ReduceSum(dy, 1);

    /// <inheritdoc/>
    public override GraphTensor LinearInputGradient(NodeScope scope, GraphTensor weights, GraphTensor dy) =>
        scope.Gemm((weights, true), (dy, false));

    /// <inheritdoc/>
    public override (GraphTensor Y, GraphTensor Mean, GraphTensor Variance) Normalize(
        NodeScope scope, GraphTensor x, (GraphTensor Gamma, GraphTensor Beta) affine, float epsilon)
    {
        long[] sizes = x.Sizes();
        GraphTensor rows = scope.Reshape(x, 1, sizes[0], sizes[1] * sizes[2]);
        (GraphTensor y, GraphTensor mean, GraphTensor variance) = NormalizeByBatch(scope, rows, affine, epsilon);
        return (scope.Reshape(y, sizes), mean, variance);
    }

    /// <summary>A stride in a 1x1 convolution only leaves places out; forward and backward share what is left.</summary>
    private GraphTensor Strided(NodeScope scope, GraphTensor x, WindowPass pass)
    {
        if (pass.Window.Stride == 1) return x;
        if (_strided.TryGetValue((x.Name, pass), out GraphTensor? known)) return known;
        GraphTensor places = scope.Indices([pass.Output.PlaneLength], pass.InputPlaces(0));
        return _strided[(x.Name, pass)] = scope.Gather(x, 1, places);
    }

    /// <summary>A convolution over [1, C, H, W, N] with a kernel [k, k, 1]: no images side by side in memory, but their pixels.</summary>
    private GraphTensor Convolve(NodeScope scope, GraphTensor x, ReadOnlySpan<GraphTensor> weights, WindowPass pass)
    {
        (ImageSize input, ImageSize output) = (pass.Input, pass.Output);
        (long size, long stride, long padding) = (pass.Window.Size, pass.Window.Stride, pass.Window.Padding);
        GraphTensor volume = scope.Reshape(x, 1, input.Channels, input.Height, input.Width, BatchSize);
        GraphTensor y = scope.Emit(
            "Conv",
            [volume, .. weights],
            [1, output.Channels, output.Height, output.Width, BatchSize],
            GraphAttribute.Ints("kernel_shape", size, size, 1),
            GraphAttribute.Ints("strides", stride, stride, 1),
            GraphAttribute.Ints("pads", padding, padding, 0, padding, padding, 0));
        return scope.Reshape(y, output.Channels, output.PlaneLength, BatchSize);
    }

    /// <summary>dx as the convolution of dy with the kernel turned by 180 degrees and its channels swapped.</summary>
    private GraphTensor TurnedConvolution(NodeScope scope, GraphTensor kernel, GraphTensor dy, WindowPass pass)
    {
        (int from, int to, int size) = (pass.Output.Channels, pass.Input.Channels, pass.Window.Size);
        long[] backwards = [.. Enumerable.Range(0, pass.TapCount).Select(tap => (long)(pass.TapCount - 1 - tap))];
        GraphTensor turned = scope.Gather(scope.Reshape(kernel, from, to, pass.TapCount), 2, scope.Indices([pass.TapCount], backwards));
        GraphTensor swapped = scope.Reshape(scope.Transpose(turned, 1, 0, 2), to, from, size, size, 1);
        return Convolve(scope, dy, [swapped], new WindowPass(pass.Output, pass.Input, pass.Window));
    }

    /// <summary>
    /// dx as W^T dy, whose rows (tap, output place) are added up where they came from. A zero place gives the zeros to fill up with.
    /// </summary>
    private GraphTensor FoldedProduct(NodeScope scope, GraphTensor kernel, GraphTensor dy, WindowPass pass)
    {
        long placeCount = pass.Output.PlaneLength + 1;
        GraphTensor padded = Matrix(scope, scope.Append(dy, 1, 0));
        GraphTensor product = scope.Reshape(
            scope.Gemm((kernel, true), (padded, false)), pass.Input.Channels, pass.TapCount * placeCount, BatchSize);
        (long[] pairs, int width) = pass.PairsByInput((tap, place) => (tap * placeCount) + place, pass.Output.PlaneLength);
        if (width == 1) return scope.Gather(product, 1, scope.Indices([pass.Input.PlaneLength], pairs));
        return scope.ReduceSum(scope.Gather(product, 1, scope.Indices([pass.Input.PlaneLength, width], pairs)), 2);
    }

    /// <summary>What lies under the window at each output place: [C, taps, H' W', N]; padding never wins.</summary>
    private GraphTensor Windows(NodeScope scope, GraphTensor x, WindowPass pass)
    {
        if (_windows.TryGetValue((x.Name, pass), out GraphTensor? known)) return known;
        GraphTensor padded = scope.Append(x, 1, float.MinValue);
        GraphTensor places = scope.Indices([pass.TapCount, pass.Output.PlaneLength], pass.InputPlaces(pass.Input.PlaneLength));
        return _windows[(x.Name, pass)] = scope.Gather(padded, 1, places);
    }

    private static GraphTensor Matrix(NodeScope scope, GraphTensor x)
    {
        long[] sizes = x.Sizes();
        return scope.Reshape(x, sizes[0], sizes[1] * sizes[2]);
    }

    private GraphTensor Images(NodeScope scope, GraphTensor matrix, ImageSize size) =>
        scope.Reshape(matrix, size.Channels, size.PlaneLength, BatchSize);
}
