using System.Globalization;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// The linear model inside a multiclass scorer: softmax(weights * features + biases). The one written here does nothing: its features are
/// the logarithms of probabilities, its weights the identity, its biases zero, and softmax(log p) = p. Block:
/// <code>
/// i32 4            size of a float
/// i32              number of features
/// i32              K, number of classes
/// K x f32          biases
/// i32 0            no row starts: the weights are dense
/// i32 0            no column indices
/// i32              number of weights: features x classes
/// f32 each         weights, [classes, features], row-major
/// </code>
/// or, from the biases on, sparse in compressed rows:
/// <code>
/// i32              K + 1
/// (K + 1) x i32    where the row of each class starts among the weights, then where the last ends
/// i32 n, n x i32   column of each weight
/// i32 n, n x f32   weights
/// </code>
/// Label names stand beside it in LabelNames: K x i32, positions in the string table of this component.
/// </summary>
/// <param name="FeatureCount">Number of features.</param>
/// <param name="ClassCount">K.</param>
/// <param name="Diagonal">
/// s where the weights are s times the identity and the biases zero; null for all other weights, which are read over and cannot be written.
/// </param>
/// <param name="Labels">The K label names; null where there are none.</param>
internal sealed record LinearMulticlassModel(int FeatureCount, int ClassCount, float? Diagonal, IReadOnlyList<string>? Labels) : IWritableComponent
{
    /// <summary>
    /// The largest number of classes whose weights are written dense, as ML.NET's own saves mostly are. Beyond it a million zeros and more would
    /// have to be read and hashed at every load: 400 MB for 10,000 classes.
    /// </summary>
    internal const int MaxDenseClassCount = 1024;

    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity =
        new("MULTI LR", "MultiClassLRExec", "Microsoft.ML.StandardTrainers", 0x00010003, 0x00010001);

    private const string LabelNamesFileName = "LabelNames";

    public string Name => "LbfgsMaximumEntropy";

    public string Summary => string.Create(CultureInfo.InvariantCulture, $"{ClassCount} classes of {FeatureCount} features")
        + (Diagonal == 1 ? ", identity weights" : "");

    public ComponentIdentity Identity => KnownIdentity;

    /// <summary>The model whose weights are a multiple of the identity.</summary>
    /// <param name="labels">The K label names.</param>
    /// <param name="diagonal">The multiple.</param>
    public static LinearMulticlassModel Identical(IReadOnlyList<string> labels, float diagonal = 1) =>
        new(labels.Count, labels.Count, diagonal, labels);

    public static LinearMulticlassModel Read(ComponentReader reader)
    {
        if (reader.Block.ReadInt32() is var size and not sizeof(float)) throw new InvalidDataException($"floats of {size} bytes");
        int featureCount = reader.Block.ReadInt32();
        int classCount = reader.Block.ReadCount(sizeof(float));
        bool isPlain = true;
        for (int i = 0; i < classCount; i++) isPlain &= reader.Block.ReadSingle() == 0;
        LinearWeights weights = LinearWeights.Read(reader.Block, classCount, featureCount);
        return new LinearMulticlassModel(featureCount, classCount, isPlain ? weights.FindDiagonal() : null, ReadLabels(reader, classCount));
    }

    /// <exception cref="InvalidOperationException">The weights are not a multiple of the identity.</exception>
    public void Write(ComponentWriter writer)
    {
        float diagonal = Diagonal ?? throw new InvalidOperationException("Only multiples of the identity can be written.");
        writer.Block.WriteInt32(sizeof(float));
        writer.Block.WriteInt32(FeatureCount);
        writer.Block.WriteInt32(ClassCount);
        for (int i = 0; i < ClassCount; i++) writer.Block.WriteSingle(0);
        LinearWeights.WriteDiagonal(writer.Block, ClassCount, diagonal, isDense: ClassCount <= MaxDenseClassCount);
        // ML.NET refuses names of no length here; the scorer's own labels, which count, may have one.
        if (Labels is not null && Labels.All(label => label.Length > 0)) WriteLabels(writer, Labels);
    }

    private static void WriteLabels(ComponentWriter writer, IReadOnlyList<string> labels)
    {
        var names = new BlockWriter();
        foreach (string label in labels) names.WriteInt32(writer.Block.StringId(label));
        writer.AddEntry(new ArchiveEntry(LabelNamesFileName, names.Content));
    }

    private static string[]? ReadLabels(ComponentReader reader, int classCount)
    {
        if (reader.FindEntry(LabelNamesFileName) is not { } content) return null;
        var names = new BlockReader(content, reader.Strings);
        var labels = new string[classCount];
        for (int i = 0; i < classCount; i++) labels[i] = names.ReadString();
        names.RequireEnd();
        return labels;
    }
}
