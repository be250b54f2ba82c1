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
        // By their names as they are declared, and so before any has another.
        SchemaDefinition.Column label = output[nameof(Output.Label)], score = output[nameof(Output.Score)], predicted = output[nameof(Output.PredictedLabel)];
        output[nameof(Output.ImageError)].ColumnName = ImageClassificationModel.ErrorColumnName;
        AddLabels(label, LabelAnnotations.KeyValues, twoLabels);
        AddLabels(score, LabelAnnotations.SlotNames, twoLabels);
        AddLabels(predicted, LabelAnnotations.KeyValues, twoLabels);
        (label.ColumnName, score.ColumnName, predicted.ColumnName) = (columns.Label, columns.Score, columns.PredictedLabel);
        if (!input.Any(column => column.Name == columns.Label)) output.Remove(label);
        return Of(input, output);
    }

    /// <summary>The shape of what comes out where images get features.</summary>
    /// <param name="input">The shape of what goes in.</param>
    /// <param name="features">Name of the column of features.</param>
    public static SchemaShape OfFeatures(SchemaShape input, string features)
    {
        SchemaDefinition output = SchemaDefinition.Create(typeof(Output));
        output.Remove(output[nameof(Output.Label)]);
        output.Remove(output[nameof(Output.PredictedLabel)]);
        output[nameof(Output.Score)].ColumnName = features;
        output[nameof(Output.ImageError)].ColumnName = ImageClassificationModel.ErrorColumnName;
        return Of(input, output);
    }

    private static SchemaShape Of(SchemaShape input, SchemaDefinition output) =>
        new MLContext().Transforms.CustomMapping<Input, Output>((_, _) => { }, contractName: null, outputSchemaDefinition: output).GetOutputSchema(input);

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
