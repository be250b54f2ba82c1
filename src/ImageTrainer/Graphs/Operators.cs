using System.Collections.Immutable;

namespace ImageTrainer.Graphs;

/// <summary>
/// The plain operators that networks and their derivatives are written in: each infers the shape of its result and adds one node, and the
/// constants that ONNX wants as inputs. Those whose shape depends on sizes (<see cref="Reshape"/>, <see cref="Append"/> and what they say
/// of themselves) need fixed ones.
/// </summary>
internal static class Operators
{
    /// <summary>Sizes of a tensor, all of them fixed.</summary>
    public static long[] Sizes(this GraphTensor tensor) => [.. tensor.Shape.Dimensions.Select(dimension => dimension.Size)];

    /// <summary>a + b, with sizes of 1 stretched.</summary>
    public static GraphTensor Add(this NodeScope scope, GraphTensor a, GraphTensor b) => Binary(scope, "Add", a, b);

    /// <summary>a - b, with sizes of 1 stretched.</summary>
    public static GraphTensor Sub(this NodeScope scope, GraphTensor a, GraphTensor b) => Binary(scope, "Sub", a, b);

    /// <summary>a * b, with sizes of 1 stretched.</summary>
    public static GraphTensor Mul(this NodeScope scope, GraphTensor a, GraphTensor b) => Binary(scope, "Mul", a, b);

    /// <summary>a * number.</summary>
    public static GraphTensor Mul(this NodeScope scope, GraphTensor a, double number) => Binary(scope, "Mul", a, scope.Scalar(number));

    /// <summary>a / b, with sizes of 1 stretched.</summary>
    public static GraphTensor Div(this NodeScope scope, GraphTensor a, GraphTensor b) => Binary(scope, "Div", a, b);

    /// <summary>A function of each element: "Sqrt", "Neg".</summary>
    public static GraphTensor Map(this NodeScope scope, string operatorName, GraphTensor x) => scope.Emit(operatorName, [x], x.Shape);

    /// <summary>max(x, 0).</summary>
    public static GraphTensor Relu(this NodeScope scope, GraphTensor x) => scope.Map("Relu", x);

    /// <summary>x itself in use; in training elements are left out at random.</summary>
    public static GraphTensor Dropout(this NodeScope scope, GraphTensor x) => scope.Map("Dropout", x);

    /// <summary>Natural logarithm.</summary>
    public static GraphTensor Log(this NodeScope scope, GraphTensor x) => scope.Map("Log", x);

    /// <summary>1 where y is above 0, else 0. A steep HardSigmoid costs a fifth of Greater and Cast.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="y">Not negative: what a ReLU has given.</param>
    public static GraphTensor IsPositive(this NodeScope scope, GraphTensor y) =>
        scope.Emit("HardSigmoid", [y], y.Shape, GraphAttribute.Float("alpha", 1e30f), GraphAttribute.Float("beta", 0));

    /// <summary>exp(x) / sum(exp(x)) along the last axis.</summary>
    public static GraphTensor Softmax(this NodeScope scope, GraphTensor x) => AlongLastAxis(scope, "Softmax", x);

    /// <summary>x - log(sum(exp(x))) along the last axis, exact also where the softmax itself would round to 0.</summary>
    public static GraphTensor LogSoftmax(this NodeScope scope, GraphTensor x) => AlongLastAxis(scope, "LogSoftmax", x);

    /// <summary>The same elements under another shape; costs nothing when the graph runs.</summary>
    public static GraphTensor Reshape(this NodeScope scope, GraphTensor x, params ReadOnlySpan<long> sizes) =>
        x.Sizes().AsSpan().SequenceEqual(sizes) ? x : scope.Emit("Reshape", [x, scope.Indices([sizes.Length], sizes)], sizes);

    /// <summary>Keeps the first axis and runs the others together: [N, C, H, W] gives [N, C * H * W].</summary>
    public static GraphTensor Flatten(this NodeScope scope, GraphTensor x)
    {
        if (x.Shape.Rank < 2) throw new GraphException(scope.Name, "Flatten", $"'{x.Name}' is {x.Shape} where two axes or more are needed");
        long? count = new TensorShape(x.Shape.Dimensions[1..]).ElementCount;
        var shape = new TensorShape(x.Shape[0], count ?? (Dimension)$"{scope.Name}.columns");
        return scope.Emit("Flatten", [x], shape, GraphAttribute.Int("axis", 1));
    }

    /// <summary>Axes in another order: output axis i is input axis order[i].</summary>
    public static GraphTensor Transpose(this NodeScope scope, GraphTensor x, params long[] order) =>
        scope.Emit("Transpose", [x], new TensorShape([.. order.Select(axis => x.Shape[(int)axis])]), GraphAttribute.Ints("perm", order));

    /// <summary>Slices of x along an axis, picked by constant indices of any shape, which takes the axis' place.</summary>
    public static GraphTensor Gather(this NodeScope scope, GraphTensor x, int axis, GraphTensor indices)
    {
        ImmutableArray<Dimension> all = x.Shape.Dimensions;
        var shape = new TensorShape([.. all[..axis], .. indices.Shape.Dimensions, .. all[(axis + 1)..]]);
        return scope.Emit("Gather", [x, indices], shape, GraphAttribute.Int("axis", axis));
    }

    /// <summary>x with one more slice along an axis, all of one value.</summary>
    public static GraphTensor Append(this NodeScope scope, GraphTensor x, int axis, float value)
    {
        long[] sizes = x.Sizes();
        long[] slice = [.. sizes];
        slice[axis] = 1;
        float[] values = new float[slice.Aggregate(1L, (product, size) => product * size)];
        Array.Fill(values, value);
        sizes[axis]++;
        return scope.Emit("Concat", [x, scope.Constant(slice, values)], sizes, GraphAttribute.Int("axis", axis));
    }

    /// <summary>Sum along axes, which are dropped.</summary>
    public static GraphTensor ReduceSum(this NodeScope scope, GraphTensor x, params long[] axes) =>
        scope.Emit("ReduceSum", [x, scope.Indices([axes.Length], axes)], Without(x, axes), GraphAttribute.Int("keepdims", 0));

    /// <summary>Mean, greatest value or sum of squares along one axis, which is dropped.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="operatorName">"ReduceMean", "ReduceMax" or "ReduceSumSquare".</param>
    /// <param name="x">The tensor.</param>
    /// <param name="axis">The axis.</param>
    public static GraphTensor Reduce(this NodeScope scope, string operatorName, GraphTensor x, int axis) =>
        scope.Emit(operatorName, [x], Without(x, axis), GraphAttribute.Ints("axes", axis), GraphAttribute.Int("keepdims", 0));

    /// <summary>A linear layer: x [N, D] times the transpose of weights [K, D], plus bias [K]. Gives [N, K].</summary>
    public static GraphTensor Gemm(this NodeScope scope, GraphTensor x, GraphTensor weights, GraphTensor bias)
    {
        if (x.Shape.Rank != 2 || weights.Shape.Rank != 2 || x.Shape[1] != weights.Shape[1])
        {
            throw new GraphException(
                scope.Name, "Gemm", $"'{x.Name}' {x.Shape} does not go with the weights '{weights.Name}' {weights.Shape}, [K, D]");
        }

        if (!bias.Shape.Equals(new TensorShape(weights.Shape[0])))
            throw new GraphException(scope.Name, "Gemm", $"the bias '{bias.Name}' is {bias.Shape} where [{weights.Shape[0]}] is needed");
        return scope.Emit("Gemm", [x, weights, bias], new TensorShape(x.Shape[0], weights.Shape[0]), GraphAttribute.Int("transB", 1));
    }

    /// <summary>op(a) times op(b), each [rows, columns] or, transposed, [columns, rows]; plus c, whose sizes of 1 are stretched.</summary>
    public static GraphTensor Gemm(
        this NodeScope scope, (GraphTensor Matrix, bool IsTransposed) a, (GraphTensor Matrix, bool IsTransposed) b, GraphTensor? c = null)
    {
        (TensorShape left, TensorShape right) = (a.Matrix.Shape, b.Matrix.Shape);
        if (left[a.IsTransposed ? 0 : 1] != right[b.IsTransposed ? 1 : 0])
            throw new GraphException(a.Matrix.Name, "Gemm", $"{left} does not go with '{b.Matrix.Name}' {right}");
        return scope.Emit(
            "Gemm",
            c is null ? [a.Matrix, b.Matrix] : [a.Matrix, b.Matrix, c],
            new TensorShape(left[a.IsTransposed ? 1 : 0], right[b.IsTransposed ? 0 : 1]),
            GraphAttribute.Int("transA", a.IsTransposed ? 1 : 0),
            GraphAttribute.Int("transB", b.IsTransposed ? 1 : 0));
    }

    private static GraphTensor Binary(NodeScope scope, string operatorName, GraphTensor a, GraphTensor b)
    {
        TensorShape shape = a.Shape.BroadcastWith(b.Shape) ?? throw new GraphException(
            scope.Name, operatorName, $"the shapes {a.Shape} of '{a.Name}' and {b.Shape} of '{b.Name}' do not go together");
        return scope.Emit(operatorName, [a, b], shape);
    }

    private static GraphTensor AlongLastAxis(NodeScope scope, string operatorName, GraphTensor x)
    {
        if (x.Shape.Rank == 0) throw new GraphException(scope.Name, operatorName, $"'{x.Name}' is a scalar and has no last axis");
        // Counted from the front: operator sets before 11 know no negative axis.
        return scope.Emit(operatorName, [x], x.Shape, GraphAttribute.Int("axis", x.Shape.Rank - 1));
    }

    private static TensorShape Without(GraphTensor x, params long[] axes) =>
        new([.. x.Shape.Dimensions.Where((_, axis) => !axes.Contains(axis))]);
}
