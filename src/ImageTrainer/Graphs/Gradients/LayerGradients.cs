namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// y[m, p] = b[m] + sum over c, t of W[m, c, t] x[c, s p + t], over images. So
/// dL/dW[m, c, t] = sum over images and p of dy[m, p] x[c, s p + t], dL/db[m] = sum of dy[m, p], and
/// dL/dx[c, q] = sum over m and all t, p with s p + t = q of W[m, c, t] dy[m, p]
/// ("A guide to convolution arithmetic for deep learning", Dumoulin and Visin, 2016, section 4).
/// </summary>
internal sealed class ConvolutionGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope)
    {
        (GraphTensor x, GraphTensor kernel) = (Input(0), Input(1));
        int channels = Pass.Output.Channels;
        GraphTensor bias = Node.Inputs.Length > 2 ? Input(2) : scope.Constant([channels], new float[channels]);
        return Formulation.Convolve(scope, x, (kernel, bias), Pass);
    }

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy)
    {
        Send(scope, 1, () => Formulation.KernelGradient(scope, Input(0), dy, Pass));
        Send(scope, 2, () => Formulation.ChannelSum(scope, dy));
        Send(scope, 0, () => Formulation.InputGradient(scope, Input(1), dy, Pass));
    }
}

/// <summary>
/// Gemm as a linear layer, y = x W^T + b for x [N, D] and W [K, D]. So dL/dW = dy^T x, dL/db = the sum of dy over images, dL/dx = dy W.
/// </summary>
internal sealed class LinearGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope) => Formulation.Linear(scope, Input(0), Input(1), Input(2));

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy)
    {
        Send(scope, 1, () => Formulation.LinearWeightGradient(scope, Input(0), dy));
        Send(scope, 2, () => Formulation.LinearBiasGradient(scope, dy));
        Send(scope, 0, () => Formulation.LinearInputGradient(scope, Input(1), dy));
    }
}

/// <summary>
/// y = gamma x' + beta per channel, x' = (x - mean) / sqrt(variance + epsilon). With mean and variance fixed, dL/dbeta = sum of dy,
/// dL/dgamma = sum of dy x', dL/dx = gamma / sqrt(variance + epsilon) dy. With those of the batch, over m values a channel,
/// dL/dx = gamma / sqrt(variance + epsilon) (dy - dL/dbeta / m - x' dL/dgamma / m)
/// ("Batch Normalization", Ioffe and Szegedy, 2015, section 3, with the sums worked out).
/// </summary>
internal sealed class BatchNormalizationGradient(GraphNode node, Tape tape) : NodeGradient(node, tape)
{
    /// <summary>What the way forward has normalised by: mean and 1 / sqrt(variance + epsilon), each [C].</summary>
    private (GraphTensor Mean, GraphTensor InverseDeviation)? _moments;

    /// <summary>m: the images of a batch times the places of one.</summary>
    private double Count => (double)Formulation.BatchSize * InputSize.PlaneLength;

    /// <inheritdoc/>
    public override GraphTensor Forward(NodeScope scope)
    {
        (GraphTensor x, GraphTensor gamma, GraphTensor beta) = (Input(0), Input(1), Input(2));
        float epsilon = Node.Attribute("epsilon")!.F;
        if (Tape.UsesBatchStatistics)
        {
            (GraphTensor y, GraphTensor batchMean, GraphTensor batchVariance) = Formulation.Normalize(scope, x, (gamma, beta), epsilon);
            _moments = (batchMean, InverseDeviation(scope, batchVariance, epsilon));
            Tape.Statistics[Node.Name] = (batchMean, scope.Mul(batchVariance, Count / Math.Max(1, Count - 1)));
            return y;
        }

        (GraphTensor mean, GraphTensor variance) = (Input(3), Input(4));
        GraphTensor inverse = InverseDeviation(scope, variance, epsilon);
        _moments = (mean, inverse);
        GraphTensor scale = scope.Mul(gamma, inverse);
        GraphTensor shift = scope.Sub(beta, scope.Mul(scale, mean));
        return scope.Add(scope.Mul(x, Formulation.PerChannel(scope, scale)), Formulation.PerChannel(scope, shift));
    }

    /// <inheritdoc/>
    public override void Backward(NodeScope scope, GraphTensor dy)
    {
        (GraphTensor mean, GraphTensor inverse) = _moments!.Value;
        GraphTensor dBeta = Formulation.ChannelSum(scope, dy);
        // sum of dy x' = (sum of dy x - mean sum of dy) / sqrt(variance + epsilon)
        GraphTensor dot = Formulation.ChannelDot(scope, dy, Input(0));
        GraphTensor dGamma = scope.Mul(scope.Sub(dot, scope.Mul(mean, dBeta)), inverse);
        Send(scope, 1, () => dGamma);
        Send(scope, 2, () => dBeta);
        Send(scope, 0, () =>
        {
            GraphTensor scale = scope.Mul(Input(1), inverse);
            GraphTensor dx = scope.Mul(dy, Formulation.PerChannel(scope, scale));
            if (!Tape.UsesBatchStatistics) return dx;
            // dx = scale dy + slope x + offset: the terms of x' and of the means as one line per channel.
            double share = -1.0 / Count;
            GraphTensor slope = scope.Mul(scope.Mul(scope.Mul(scale, inverse), dGamma), share);
            GraphTensor offset = scope.Sub(scope.Mul(scope.Mul(scale, dBeta), share), scope.Mul(slope, mean));
            GraphTensor line = scope.Add(scope.Mul(Input(0), Formulation.PerChannel(scope, slope)), Formulation.PerChannel(scope, offset));
            return scope.Add(dx, line);
        });
    }

    private static GraphTensor InverseDeviation(NodeScope scope, GraphTensor variance, float epsilon) =>
        scope.Map("Reciprocal", scope.Map("Sqrt", scope.Add(variance, scope.Scalar(epsilon))));
}
