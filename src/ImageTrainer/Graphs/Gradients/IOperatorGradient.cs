namespace ImageTrainer.Graphs.Gradients;

/// <summary>What the differentiation knows of one operator.</summary>
internal interface IOperatorGradient
{
    /// <summary>Computes the node's output from its inputs, in the formulation's layout.</summary>
    /// <param name="node">A node of the network.</param>
    /// <param name="tape">Values of the inputs.</param>
    /// <param name="scope">Where the nodes go.</param>
    GraphTensor Forward(GraphNode node, Tape tape, NodeScope scope);

    /// <summary>
    /// Adds dL/dx of every input that needs it to the tape, for dy = dL/dy of the output y (reverse-mode differentiation: Griewank and
    /// Walther, "Evaluating Derivatives", 2008, section 3.2).
    /// </summary>
    /// <param name="node">A node of the network.</param>
    /// <param name="dy">In the formulation's layout, of y's shape.</param>
    /// <param name="tape">Values of inputs and output; takes the gradients.</param>
    /// <param name="scope">Where the nodes go.</param>
    void Backward(GraphNode node, GraphTensor dy, Tape tape, NodeScope scope);
}
