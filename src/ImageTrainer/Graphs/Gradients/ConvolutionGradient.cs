using ImageTrainer.Graphs.Operators;

namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// y[m, p] = b[m] + sum over c, t of W[m, c, t] x[c, s p + t], over images. So
/// dL/dW[m, c, t] = sum over images and p of dy[m, p] x[c, s p + t], dL/db[m] = sum of dy[m, p], and
/// dL/dx[c, q] = sum over m and all t, p with s p + t = q of W[m, c, t] dy[m, p]
/// ("A guide to convolution arithmetic for deep learning", Dumoulin and Visin, 2016, section 4).
/// </summary>
internal sealed class ConvolutionGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope)
    {
        (GraphTensor x, GraphTensor kernel) = (tape.Value(node.Inputs[0]), tape.Value(node.Inputs[1]));
        WindowPass pass = PassOf(node, tape);
        GraphTensor bias = node.Inputs.Length > 2
            ? tape.Value(node.Inputs[2])
            : scope.Constant([pass.Output.Channels], new float[pass.Output.Channels]);
        return tape.Formulation.Convolve(scope, x, (kernel, bias), pass);
    }

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope)
    {
        (string x, string kernel) = (node.Inputs[0], node.Inputs[1]);
        WindowPass pass = PassOf(node, tape);
        if (tape.NeedsGradient(kernel))
            tape.AddGradient(kernel, tape.Formulation.KernelGradient(scope, tape.Value(x), dy, pass), scope);
        if (node.Inputs.Length > 2 && tape.NeedsGradient(node.Inputs[2]))
            tape.AddGradient(node.Inputs[2], tape.Formulation.ChannelSum(scope, dy), scope);
        if (tape.NeedsGradient(x))
            tape.AddGradient(x, tape.Formulation.InputGradient(scope, tape.Value(kernel), dy, pass), scope);
    }

    private static WindowPass PassOf(GraphNode node, Tape tape) =>
        new(tape.SizeOf(node.Inputs[0]), tape.SizeOf(node.Outputs[0]), SlidingWindow.Of(node));
}
