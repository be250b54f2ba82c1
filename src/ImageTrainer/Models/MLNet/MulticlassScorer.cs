using ImageTrainer.Models.MLNet.Idv;

namespace ImageTrainer.Models.MLNet;

/// <summary>The columns of a <see cref="MulticlassScorer"/>.</summary>
/// <param name="Feature">The column that goes into the model.</param>
/// <param name="Label">The column of labels at training; its keys' texts become the predicted labels and the slot names of the scores.</param>
/// <param name="Score">The column of K scores that comes out.</param>
/// <param name="PredictedLabel">The column of predicted keys that comes out.</param>
internal sealed record ScorerColumns(string? Feature, string? Label, string? Score, string? PredictedLabel);

/// <summary>
/// A model that makes K scores, and the key of the highest, of features. Block:
/// <code>
/// str feature, str label, str score, str predicted label
/// </code>
/// Beside it stand TrainSchema, an <see cref="IdvSchema"/> that has the feature column with the very type it will have when scoring, and
/// the label column with its texts; and Model, the component that computes.
/// </summary>
/// <param name="Columns">The columns.</param>
/// <param name="Model">What computes.</param>
/// <param name="TrainSchema">The columns at training.</param>
internal sealed record MulticlassScorer(ScorerColumns Columns, IComponent Model, IdvSchema TrainSchema) : IWritableComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity = new("MC  PRED", "MulticlassPredXfer", "Microsoft.ML.Data", 0x00010002, 0x00010001);

    private const string ModelFolder = "Model";
    private const string TrainSchemaFileName = "TrainSchema";

    public string Name => "MulticlassScorer";

    public string Summary => $"{Columns.Feature} -> {Columns.Score}, {Columns.PredictedLabel}: {Model.Name} {Model.Summary}";

    public IReadOnlyList<string>? Labels => TrainSchema.Find(Columns.Label)?.KeyValues ?? Model.Labels;

    public ComponentIdentity Identity => KnownIdentity;

    public static MulticlassScorer Read(ComponentReader reader)
    {
        var columns = new ScorerColumns(
            reader.Block.ReadStringOrNull(), reader.Block.ReadStringOrNull(), reader.Block.ReadStringOrNull(), reader.Block.ReadStringOrNull());
        IdvSchema trainSchema = IdvSchemaReader.Read(reader.ReadEntry(TrainSchemaFileName));
        return new MulticlassScorer(columns, reader.ReadComponent(ModelFolder), trainSchema);
    }

    public void Write(ComponentWriter writer)
    {
        writer.AddComponent(ModelFolder, (IWritableComponent)Model);
        writer.AddEntry(new ArchiveEntry(TrainSchemaFileName, IdvSchemaWriter.Write(TrainSchema, IdvCompression.None)));
        writer.Block.WriteString(Columns.Feature);
        writer.Block.WriteString(Columns.Label);
        writer.Block.WriteString(Columns.Score);
        writer.Block.WriteString(Columns.PredictedLabel);
    }
}
