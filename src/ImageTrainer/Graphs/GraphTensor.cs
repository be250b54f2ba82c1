namespace ImageTrainer.Graphs;

/// <summary>A value in a graph: an input, an initializer or the output of a node.</summary>
/// <param name="Name">Unique in its graph.</param>
/// <param name="ElementType">Type of its elements.</param>
/// <param name="Shape">Its axes; symbols where they are known only when the graph runs.</param>
internal sealed record GraphTensor(string Name, ElementType ElementType, TensorShape Shape);
