namespace ImageTrainer.Graphs.Operators;

/// <summary>Batch normalisation.</summary>
internal static class BatchNorm
{
    /// <summary>y = gamma (x - mean) / sqrt(variance + epsilon) + beta per channel of x [N, C, H, W].</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="x">[N, C, H, W].</param>
    /// <param name="parameters">Four tensors [C].</param>
    /// <param name="epsilon">Keeps the root from 0.</param>
    public static GraphTensor BatchNormalization(
        this GraphBuilder graph,
        string name,
        GraphTensor x,
        (GraphTensor Gamma, GraphTensor Beta, GraphTensor Mean, GraphTensor Variance) parameters,
        float epsilon)
    {
        var channels = new TensorShape(x.Shape[1]);
        GraphTensor[] four = [parameters.Gamma, parameters.Beta, parameters.Mean, parameters.Variance];
        foreach (GraphTensor parameter in four.Where(parameter => !parameter.Shape.Equals(channels)))
            throw new GraphException(name, "BatchNormalization", $"'{parameter.Name}' is {parameter.Shape} where {channels} is needed");
        return graph.Emit("BatchNormalization", name, [x, .. four], x.Shape, GraphAttribute.Float("epsilon", epsilon));
    }
}
