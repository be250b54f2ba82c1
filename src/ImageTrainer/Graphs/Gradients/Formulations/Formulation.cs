namespace ImageTrainer.Graphs.Gradients.Formulations;

/// <summary>
/// How a device likes the sums of a network to be written: the layout of activations, and which operators compute a convolution and its
/// gradients. What is computed is the same in all of them; it stands in the gradients, one file an operator.
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
}
