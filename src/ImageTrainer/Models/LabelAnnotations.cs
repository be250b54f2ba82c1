using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Models;

/// <summary>Labels as ML.NET keeps them: beside the column whose keys or slots they name.</summary>
internal static class LabelAnnotations
{
    /// <summary>Kind of the annotation with the values of keys.</summary>
    public const string KeyValues = "KeyValues";

    /// <summary>Kind of the annotation with the names of a vector's places.</summary>
    public const string SlotNames = "SlotNames";

    /// <summary>Labels as an annotation.</summary>
    /// <param name="kind"><see cref="KeyValues"/> or <see cref="SlotNames"/>.</param>
    /// <param name="labels">The labels.</param>
    public static DataViewSchema.Annotations Create(string kind, IReadOnlyList<string> labels)
    {
        VBuffer<ReadOnlyMemory<char>> values = ToBuffer(labels);
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(
            kind,
            new VectorDataViewType(TextDataViewType.Instance, labels.Count),
            (ref VBuffer<ReadOnlyMemory<char>> destination) => values.CopyTo(ref destination));
        return builder.ToAnnotations();
    }

    /// <summary>The texts beside a column, in their order; null where it has none.</summary>
    /// <param name="column">The column.</param>
    /// <param name="kind"><see cref="KeyValues"/> or <see cref="SlotNames"/>.</param>
    public static string[]? Texts(DataViewSchema.Column column, string kind)
    {
        if (column.Annotations.Schema.GetColumnOrNull(kind) is not { Type: VectorDataViewType { ItemType: TextDataViewType } }) return null;
        VBuffer<ReadOnlyMemory<char>> values = default;
        column.Annotations.GetValue(kind, ref values);
        return [.. values.DenseValues().Select(value => value.ToString())];
    }

    /// <summary>Labels as a vector.</summary>
    public static VBuffer<ReadOnlyMemory<char>> ToBuffer(IReadOnlyList<string> labels) =>
        new(labels.Count, [.. labels.Select(label => label.AsMemory())]);
}
