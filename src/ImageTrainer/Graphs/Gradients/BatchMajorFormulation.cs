namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// Activations as [N, C, H, W], matrices as [N, D], convolutions as Conv and ConvTranspose: what GPU libraries have kernels for.
/// It runs on the CPU provider too, slowly.
/// </summary>
internal sealed class BatchMajorFormulation(int batchSize) : Formulation(batchSize)
{
    /// <inheritdoc/>
    public override GraphTensor FromImages(NodeScope scope, GraphTensor images) => images;

    /// <inheritdoc/>
    public override GraphTensor FromRows(NodeScope scope, GraphTensor rows) => rows;

    /// <inheritdoc/>
    public override GraphTensor ToRows(NodeScope scope, GraphTensor matrix) => matrix;

    /// <inheritdoc/>
    public override GraphTensor PerChannel(NodeScope scope, GraphTensor vector) => scope.Reshape(vector, 1, vector.Sizes()[0], 1, 1);

    /// <inheritdoc/>
    public override GraphTensor ChannelSum(NodeScope scope, GraphTensor x) => scope.ReduceSum(x, 0, 2, 3);

    /// <inheritdoc/>
    public override GraphTensor ChannelDot(NodeScope scope, GraphTensor a, GraphTensor b) => scope.ReduceSum(scope.Mul(a, b), 0, 2, 3);

    /// <inheritdoc/>
    public override GraphTensor Convolve(NodeScope scope, GraphTensor x, (GraphTensor Kernel, GraphTensor Bias) weights, WindowPass pass) =>
        scope.Conv(x, (Kernel(scope, weights.Kernel, pass), weights.Bias), (pass.Window.Stride, pass.Window.Padding));

    /// <summary>
    /// The convolution of x over dy with images and channels swapped, dy spread by the stride. Places that no output saw come out behind
    /// the kernel and are cut off.
    /// </summary>
    public override GraphTensor KernelGradient(NodeScope scope, GraphTensor x, GraphTensor dy, WindowPass pass)
    {
        (long size, long stride, long padding) = (pass.Window.Size, pass.Window.Stride, pass.Window.Padding);
        long height = pass.Input.Height + (2 * padding) - (stride * (pass.Output.Height - 1));
        long width = pass.Input.Width + (2 * padding) - (stride * (pass.Output.Width - 1));
        GraphTensor all = scope.Emit(
            "Conv",
            [scope.Transpose(x, 1, 0, 2, 3), scope.Transpose(dy, 1, 0, 2, 3)],
            [pass.Input.Channels, pass.Output.Channels, height, width],
            GraphAttribute.Ints("dilations", stride, stride),
            GraphAttribute.Ints("pads", padding, padding, padding, padding));
        GraphTensor kept = Cut(scope, Cut(scope, all, 2, size), 3, size);
        return scope.Reshape(scope.Transpose(kept, 1, 0, 2, 3), pass.Output.Channels, pass.Input.Channels * size * size);
    }

    /// <inheritdoc/>
    public override GraphTensor InputGradient(NodeScope scope, GraphTensor kernel, GraphTensor dy, WindowPass pass)
    {
        (long size, long stride, long padding) = (pass.Window.Size, pass.Window.Stride, pass.Window.Padding);
        long Missing(int input, int output) => input - ((output - 1) * stride) - size + (2 * padding);
        return scope.Emit(
            "ConvTranspose",
            [dy, Kernel(scope, kernel, pass)],
            Sizes(pass.Input),
            GraphAttribute.Ints("kernel_shape", size, size),
            GraphAttribute.Ints("strides", stride, stride),
            GraphAttribute.Ints("pads", padding, padding, padding, padding),
            GraphAttribute.Ints(
                "output_padding", Missing(pass.Input.Height, pass.Output.Height), Missing(pass.Input.Width, pass.Output.Width)));
    }

    /// <inheritdoc/>
    public override GraphTensor MaxPool(NodeScope scope, GraphTensor x, WindowPass pass) =>
        scope.MaxPool(x, pass.Window);

    /// <inheritdoc/>
    public override GraphTensor MaxPoolGradient(NodeScope scope, GraphTensor x, (GraphTensor Y, GraphTensor Dy) output, WindowPass pass)
    {
        // Through the other layout, whose gathers know which place saw which.
        var gathers = new ChannelMajorFormulation(BatchSize);
        (GraphTensor y, GraphTensor dy) = (gathers.FromImages(scope, output.Y), gathers.FromImages(scope, output.Dy));
        GraphTensor dx = gathers.MaxPoolGradient(scope, gathers.FromImages(scope, x), (y, dy), pass);
        GraphTensor rows = scope.Reshape(dx, (long)pass.Input.Channels * pass.Input.PlaneLength, BatchSize);
        return scope.Reshape(scope.Transpose(rows, 1, 0), Sizes(pass.Input));
    }

    /// <inheritdoc/>
    public override GraphTensor SpatialMean(NodeScope scope, GraphTensor x)
    {
        long[] sizes = x.Sizes();
        return scope.Reduce("ReduceMean", scope.Reshape(x, sizes[0], sizes[1], sizes[2] * sizes[3]), 2);
    }

    /// <inheritdoc/>
    public override GraphTensor Spread(NodeScope scope, GraphTensor matrix, ImageSize size)
    {
        GraphTensor share = scope.Reshape(scope.Mul(matrix, 1.0 / size.PlaneLength), BatchSize, size.Channels, 1, 1);
        return scope.Emit("Expand", [share, scope.Indices([4], Sizes(size))], Sizes(size));
    }

    /// <inheritdoc/>
    public override GraphTensor Linear(NodeScope scope, GraphTensor x, GraphTensor weights, GraphTensor bias) =>
        scope.Gemm((x, false), (weights, true), bias);

    /// <inheritdoc/>
    public override GraphTensor LinearWeightGradient(NodeScope scope, GraphTensor x, GraphTensor dy) => scope.Gemm((dy, true), (x, false));

    /// <inheritdoc/>
    public override GraphTensor LinearBiasGradient(NodeScope scope, GraphTensor dy) => scope.ReduceSum(dy, 0);

    /// <inheritdoc/>
    public override GraphTensor LinearInputGradient(NodeScope scope, GraphTensor weights, GraphTensor dy) =>
        scope.Gemm((dy, false), (weights, false));

    /// <inheritdoc/>
    public override (GraphTensor Y, GraphTensor Mean, GraphTensor Variance) Normalize(
        NodeScope scope, GraphTensor x, (GraphTensor Gamma, GraphTensor Beta) affine, float epsilon) =>
        NormalizeByBatch(scope, x, affine, epsilon);

    private long[] Sizes(ImageSize size) => [BatchSize, size.Channels, size.Height, size.Width];

    private static GraphTensor Kernel(NodeScope scope, GraphTensor kernel, WindowPass pass) =>
        scope.Reshape(kernel, pass.Output.Channels, pass.Input.Channels, pass.Window.Size, pass.Window.Size);

    private static GraphTensor Cut(NodeScope scope, GraphTensor x, int axis, long size)
    {
        if (x.Shape[axis].Size == size) return x;
        GraphTensor[] range = [scope.Indices([1], [0]), scope.Indices([1], [size]), scope.Indices([1], [axis])];
        return scope.Emit("Slice", [x, .. range], x.Shape.With(axis, size));
    }
}
