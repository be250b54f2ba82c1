namespace ImageTrainer.Graphs.Gradients;

/// <summary>The plain operators that derivations are made of.</summary>
internal static class NodeOperators
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

    /// <summary>A function of each element.</summary>
    public static GraphTensor Map(this NodeScope scope, string operatorName, GraphTensor x) => scope.Emit(operatorName, [x], x.Sizes());

    /// <summary>The same elements under another shape; costs nothing when the graph runs.</summary>
    public static GraphTensor Reshape(this NodeScope scope, GraphTensor x, params ReadOnlySpan<long> sizes) =>
        x.Sizes().AsSpan().SequenceEqual(sizes) ? x : scope.Emit("Reshape", [x, scope.Indices([sizes.Length], sizes)], sizes);

    /// <summary>Axes in another order: output axis i is input axis order[i].</summary>
    public static GraphTensor Transpose(this NodeScope scope, GraphTensor x, params long[] order)
    {
        long[] sizes = x.Sizes();
        return scope.Emit("Transpose", [x], [.. order.Select(axis => sizes[axis])], GraphAttribute.Ints("perm", order));
    }

    /// <summary>Slices of x along an axis, picked by constant indices of any shape, which takes the axis' place.</summary>
    public static GraphTensor Gather(this NodeScope scope, GraphTensor x, int axis, GraphTensor indices)
    {
        long[] sizes = x.Sizes();
        long[] result = [.. sizes[..axis], .. indices.Sizes(), .. sizes[(axis + 1)..]];
        return scope.Emit("Gather", [x, indices], result, GraphAttribute.Int("axis", axis));
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
    public static GraphTensor ReduceSum(this NodeScope scope, GraphTensor x, params long[] axes)
    {
        GraphTensor indices = scope.Indices([axes.Length], axes);
        return scope.Emit("ReduceSum", [x, indices], Without(x.Sizes(), axes), GraphAttribute.Int("keepdims", 0));
    }

    /// <summary>Mean or greatest value along one axis, which is dropped.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="operatorName">ReduceMean or ReduceMax.</param>
    /// <param name="x">The tensor.</param>
    /// <param name="axis">The axis.</param>
    public static GraphTensor Reduce(this NodeScope scope, string operatorName, GraphTensor x, int axis) => scope.Emit(
        operatorName, [x], Without(x.Sizes(), [axis]), GraphAttribute.Ints("axes", axis), GraphAttribute.Int("keepdims", 0));

    /// <summary>op(a) times op(b), each [rows, columns] or, transposed, [columns, rows].</summary>
    public static GraphTensor Gemm(this NodeScope scope, (GraphTensor Matrix, bool IsTransposed) a, (GraphTensor Matrix, bool IsTransposed) b)
    {
        (long rows, long columns) = GemmSize(a, b);
        return scope.Emit("Gemm", [a.Matrix, b.Matrix], [rows, columns], GemmAttributes(a.IsTransposed, b.IsTransposed));
    }

    /// <summary>op(a) times op(b) plus c, whose sizes of 1 are stretched.</summary>
    public static GraphTensor Gemm(
        this NodeScope scope, (GraphTensor Matrix, bool IsTransposed) a, (GraphTensor Matrix, bool IsTransposed) b, GraphTensor c)
    {
        (long rows, long columns) = GemmSize(a, b);
        return scope.Emit("Gemm", [a.Matrix, b.Matrix, c], [rows, columns], GemmAttributes(a.IsTransposed, b.IsTransposed));
    }

    /// <summary>1 where y is above 0, else 0. A steep HardSigmoid costs a fifth of Greater and Cast.</summary>
    /// <param name="scope">Where to.</param>
    /// <param name="y">Not negative: what a ReLU has given.</param>
    public static GraphTensor IsPositive(this NodeScope scope, GraphTensor y) =>
        scope.Emit("HardSigmoid", [y], y.Sizes(), GraphAttribute.Float("alpha", 1e30f), GraphAttribute.Float("beta", 0));

    private static System.Collections.Immutable.ImmutableArray<Protobuf.AttributeProto> GemmAttributes(bool transposesA, bool transposesB) =>
        [GraphAttribute.Int("transA", transposesA ? 1 : 0), GraphAttribute.Int("transB", transposesB ? 1 : 0)];

    private static (long Rows, long Columns) GemmSize((GraphTensor Matrix, bool IsTransposed) a, (GraphTensor Matrix, bool IsTransposed) b)
    {
        (long[] left, long[] right) = (a.Matrix.Sizes(), b.Matrix.Sizes());
        (long inner, long innerRight) = (left[a.IsTransposed ? 0 : 1], right[b.IsTransposed ? 1 : 0]);
        return inner == innerRight
            ? (left[a.IsTransposed ? 1 : 0], right[b.IsTransposed ? 0 : 1])
            : throw new GraphException(a.Matrix.Name, "Gemm", $"{a.Matrix.Shape} does not go with '{b.Matrix.Name}' {b.Matrix.Shape}");
    }

    private static GraphTensor Binary(NodeScope scope, string operatorName, GraphTensor a, GraphTensor b)
    {
        (long[] left, long[] right) = (a.Sizes(), b.Sizes());
        int rank = Math.Max(left.Length, right.Length);
        long[] sizes = new long[rank];
        for (int axis = 0; axis < rank; axis++)
        {
            long x = FromTheRight(left, rank - axis), y = FromTheRight(right, rank - axis);
            if (x != y && x != 1 && y != 1)
                throw new GraphException(a.Name, operatorName, $"{a.Shape} does not go with '{b.Name}' {b.Shape}");
            sizes[axis] = Math.Max(x, y);
        }

        return scope.Emit(operatorName, [a, b], sizes);
    }

    private static long FromTheRight(long[] sizes, int distance) => distance > sizes.Length ? 1 : sizes[^distance];

    private static long[] Without(long[] sizes, long[] axes) => [.. sizes.Where((_, axis) => !axes.Contains(axis))];
}
