namespace ImageTrainer.Graphs.Operators;

/// <summary>Taking a part of a tensor.</summary>
internal static class Slicing
{
    /// <summary>The centre of H and W; where the margin is odd, the smaller half of it lies above and to the left. [N, C, H, W] gives [N, C, H', W'].</summary>
    /// <param name="graph">The graph to add to.</param>
    /// <param name="name">Name of the result.</param>
    /// <param name="x">[N, C, H, W] with fixed H and W.</param>
    /// <param name="size">H' and W', at most H and W.</param>
    public static GraphTensor CropCentre(this GraphBuilder graph, string name, GraphTensor x, (int Height, int Width) size)
    {
        if (x.Shape.Rank != 4 || x.Shape[2].Symbol is not null || x.Shape[3].Symbol is not null)
            throw new GraphException(name, "Slice", $"'{x.Name}' is {x.Shape} where [N, C, H, W] with fixed H and W is needed");
        (long top, long left) = ((x.Shape[2].Size - size.Height) / 2, (x.Shape[3].Size - size.Width) / 2);
        if (size.Height > x.Shape[2].Size || size.Width > x.Shape[3].Size)
            throw new GraphException(name, "Slice", $"{size.Height} x {size.Width} is more than '{x.Name}' has, {x.Shape}");
        GraphTensor starts = graph.Indices($"{name}.starts", [top, left]);
        GraphTensor ends = graph.Indices($"{name}.ends", [top + size.Height, left + size.Width]);
        GraphTensor axes = graph.Indices($"{name}.axes", [2, 3]);
        TensorShape shape = x.Shape.With(2, (long)size.Height).With(3, (long)size.Width);
        return graph.Emit("Slice", name, [x, starts, ends, axes], shape);
    }
}
