namespace ImageTrainer.Graphs.Gradients.Formulations;

/// <summary>ONNX's BatchNormalization in training mode.</summary>
internal static class BatchStatistics
{
    /// <summary>Normalises each channel, axis 1 of x, by its own mean and variance.</summary>
    /// <returns>The result, the mean [C], and the biased variance [C].</returns>
    public static (GraphTensor Y, GraphTensor Mean, GraphTensor Variance) Add(
        NodeScope scope, GraphTensor x, (GraphTensor Gamma, GraphTensor Beta) affine, float epsilon)
    {
        long channels = x.Sizes()[1];
        // The operator writes its averages over those it is given, and equal constants are made one: so two that differ.
        float[] ones = new float[channels];
        Array.Fill(ones, 1);
        (GraphTensor unusedMean, GraphTensor unusedVariance) = (scope.Constant([channels], new float[channels]), scope.Constant([channels], ones));
        GraphTensor Output(string kind, TensorShape shape) => new(scope.NextName(kind), ElementType.Float, shape);

        GraphTensor y = Output("BatchNormalization", x.Shape);
        GraphTensor mean = Output("mean", NodeScope.Sizes([channels]));
        GraphTensor variance = Output("variance", NodeScope.Sizes([channels]));
        // With a momentum of 0 the "running" averages that the operator gives are the batch's own.
        scope.Add(
            "BatchNormalization", [x, affine.Gamma, affine.Beta, unusedMean, unusedVariance], [y, mean, variance],
            GraphAttribute.Float("epsilon", epsilon), GraphAttribute.Float("momentum", 0), GraphAttribute.Int("training_mode", 1));
        return (y, mean, variance);
    }
}
