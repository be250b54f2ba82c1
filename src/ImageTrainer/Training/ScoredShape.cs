using ImageTrainer.Models;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

/// <summary>
/// The shape of a model's columns before there is a model. ML.NET makes such shapes for its own steps only, so one of those is asked: a
/// mapping of nothing to columns like ours.
/// </summary>
internal static class ScoredShape
{
    /// <summary>The shape of what comes out.</summary>
    /// <param name="input">The shape of what goes in.</param>
    /// <param name="columns">The names of the columns; the kind counts for nothing.</param>
    public static SchemaShape Create(SchemaShape input, ModelColumns columns)
    {
        SchemaDefinition output = SchemaDefinition.Create(typeof(Output));
        string[] twoLabels = ["", ""];
        output[nameof(Output.Label)].ColumnName = columns.Label;
        output[nameof(Output.Score)].ColumnName = columns.Score;
        output[nameof(Output.PredictedLabel)].ColumnName = columns.PredictedLabel;
        AddLabels(output[nameof(Output.Label)], LabelAnnotations.KeyValues, twoLabels);
        AddLabels(output[nameof(Output.Score)], LabelAnnotations.SlotNames, twoLabels);
        AddLabels(output[nameof(Output.PredictedLabel)], LabelAnnotations.KeyValues, twoLabels);
        output[nameof(Output.ImageError)].ColumnName = ImageClassificationModel.ErrorColumnName;
        if (!input.Any(column => column.Name == columns.Label)) output.Remove(output[nameof(Output.Label)]);
        return new MLContext().Transforms.CustomMapping<Input, Output>((_, _) => { }, contractName: null, outputSchemaDefinition: output).GetOutputSchema(input);
    }

    private static void AddLabels(SchemaDefinition.Column column, string kind, string[] labels) =>
        column.AddAnnotation(kind, LabelAnnotations.ToBuffer(labels), new VectorDataViewType(TextDataViewType.Instance, labels.Length));

    private sealed class Input;

    private sealed class Output
    {
        [KeyType(2)]
        public uint Label { get; set; }

        [VectorType(2)]
        public float[] Score { get; set; } = [];

        [KeyType(2)]
        public uint PredictedLabel { get; set; }

        public string ImageError { get; set; } = "";
    }
}
