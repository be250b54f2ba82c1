namespace ImageTrainer.Graphs.Gradients;

/// <summary>
/// y = gamma x' + beta per channel, x' = (x - mean) / sqrt(variance + epsilon). With mean and variance fixed, dL/dbeta = sum of dy,
/// dL/dgamma = sum of dy x', dL/dx = gamma / sqrt(variance + epsilon) dy. With those of the batch, over m values a channel,
/// dL/dx = gamma / sqrt(variance + epsilon) (dy - dL/dbeta / m - x' dL/dgamma / m)
/// ("Batch Normalization", Ioffe and Szegedy, 2015, section 3, with the sums worked out).
/// </summary>
internal sealed class BatchNormalizationGradient : IOperatorGradient
{
    /// <inheritdoc/>
    public GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope)
    {
        GraphTensor x = tape.Value(node.Inputs[0]);
        (GraphTensor gamma, GraphTensor beta) = (tape.Value(node.Inputs[1]), tape.Value(node.Inputs[2]));
        float epsilon = node.Attribute("epsilon")!.F;
        if (tape.UsesBatchStatistics)
        {
            (GraphTensor y, GraphTensor batchMean, GraphTensor batchVariance) = tape.Formulation.Normalize(scope, x, (gamma, beta), epsilon);
            double count = CountOf(node, tape);
            tape.Moments[node.Name] = (batchMean, InverseDeviation(scope, batchVariance, epsilon));
            tape.Statistics[node.Name] = (batchMean, scope.Mul(batchVariance, count / Math.Max(1, count - 1)));
            return y;
        }

        (GraphTensor mean, GraphTensor variance) = (tape.Value(node.Inputs[3]), tape.Value(node.Inputs[4]));
        GraphTensor inverse = InverseDeviation(scope, variance, epsilon);
        tape.Moments[node.Name] = (mean, inverse);
        GraphTensor scale = scope.Mul(gamma, inverse);
        GraphTensor shift = scope.Sub(beta, scope.Mul(scale, mean));
        return scope.Add(scope.Mul(x, tape.Formulation.PerChannel(scope, scale)), tape.Formulation.PerChannel(scope, shift));
    }

    /// <inheritdoc/>
    public void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope)
    {
        (GraphTensor mean, GraphTensor inverse) = tape.Moments[node.Name];
        GraphTensor x = tape.Value(node.Inputs[0]);
        GraphTensor dBeta = tape.Formulation.ChannelSum(scope, dy);
        // sum of dy x' = (sum of dy x - mean sum of dy) / sqrt(variance + epsilon)
        GraphTensor dot = tape.Formulation.ChannelDot(scope, dy, x);
        GraphTensor dGamma = scope.Mul(scope.Sub(dot, scope.Mul(mean, dBeta)), inverse);
        if (tape.NeedsGradient(node.Inputs[1])) tape.AddGradient(node.Inputs[1], dGamma, scope);
        if (tape.NeedsGradient(node.Inputs[2])) tape.AddGradient(node.Inputs[2], dBeta, scope);
        if (!tape.NeedsGradient(node.Inputs[0])) return;
        GraphTensor scale = scope.Mul(tape.Value(node.Inputs[1]), inverse);
        GraphTensor dx = scope.Mul(dy, tape.Formulation.PerChannel(scope, scale));
        if (tape.UsesBatchStatistics)
        {
            // dx = scale dy + slope x + offset: the terms of x' and of the means as one line per channel.
            double share = -1.0 / CountOf(node, tape);
            GraphTensor slope = scope.Mul(scope.Mul(scope.Mul(scale, inverse), dGamma), share);
            GraphTensor offset = scope.Sub(scope.Mul(scope.Mul(scale, dBeta), share), scope.Mul(slope, mean));
            GraphTensor line = scope.Add(
                scope.Mul(x, tape.Formulation.PerChannel(scope, slope)), tape.Formulation.PerChannel(scope, offset));
            dx = scope.Add(dx, line);
        }

        tape.AddGradient(node.Inputs[0], dx, scope);
    }

    private static GraphTensor InverseDeviation(NodeScope scope, GraphTensor variance, float epsilon) =>
        scope.Map("Reciprocal", scope.Map("Sqrt", scope.Add(variance, scope.Scalar(epsilon))));

    private static double CountOf(GraphNode node, Tape tape) => (double)tape.Formulation.BatchSize * tape.SizeOf(node.Inputs[0]).PlaneLength;
}
