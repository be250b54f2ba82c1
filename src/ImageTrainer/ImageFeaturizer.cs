using ImageTrainer.Backbones;
using ImageTrainer.Models;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Rows;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

/// <summary>
/// Adds what a pretrained network says of images, [D] numbers, for trainers of ML.NET's own and for search by likeness. Made by
/// <c>mlContext.Transforms.FeaturizeImages</c>.
/// </summary>
public sealed class ImageFeaturizingEstimator : IEstimator<ImageFeaturizingTransformer>
{
    private readonly ImageClassificationOptions _options;
    private readonly (string Output, string Input) _columns;
    private readonly Lazy<Backbone> _backbone;

    internal ImageFeaturizingEstimator(string outputColumnName, string inputColumnName, ImageClassificationOptions options)
    {
        options.Validate();
        (_options, _columns, _backbone) = (options, (outputColumnName, inputColumnName), new(Load));
    }

    /// <summary>Loads the network; nothing is learnt from the rows.</summary>
    /// <param name="input">Rows with a column of images: paths of files as text, the bytes of files, or decoded images.</param>
    /// <exception cref="ArgumentException">The column is missing, or of another type.</exception>
    /// <exception cref="BackboneException">The network cannot be had or used.</exception>
    /// <exception cref="DeviceException">A device asked for by name does not work.</exception>
    public ImageFeaturizingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ImageColumnKind kind = input.Schema.GetColumnOrNull(_columns.Input) is { } column ? ModelColumns.KindOf(column.Type) ?? default : default;
        DeviceChoice device = DeviceSelector.Choose(ComputeDevice.Parse(_options.Device));
        var network = new ScoringNetwork(
            _backbone.Value.BuildFeaturizer(), _backbone.Value.Preprocessing, TensorNames.Features, _backbone.Value.FeatureCount);
        var model = new ImageFeaturizingTransformer(
            new ModelScorer(network, device.Device, _options.ThreadCount),
            new ModelColumns(_columns.Input, kind, "", _columns.Output, ""));
        _ = model.GetOutputSchema(input.Schema);
        return model;
    }

    /// <summary>The shape of the columns that come out.</summary>
    /// <param name="inputSchema">The shape of what goes in.</param>
    /// <exception cref="ArgumentException">The column of images is missing.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return inputSchema.Any(column => column.Name == _columns.Input)
            ? ScoredShape.OfFeatures(inputSchema, _columns.Output)
            : throw new ArgumentException($"The data has no column '{_columns.Input}'.", nameof(inputSchema));
    }

    private Backbone Load()
    {
        ResolvedBackbone resolved = new BackboneStore(_options.BackboneSources).ResolveAsync(_options.Backbone).GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, resolved.Path ?? resolved.Descriptor.FileName, content, _options.ImageSize);
    }
}

/// <summary>
/// Adds what a pretrained network says of images, and ImageError, which says why one cannot be read (its numbers are NaN then). Rows are computed
/// ahead of the cursor, on every core, in their order. Safe for concurrent callers.
/// </summary>
public sealed class ImageFeaturizingTransformer : ITransformer, IDisposable
{
    private readonly ModelScorer _scorer;
    private readonly ModelColumns _columns;

    internal ImageFeaturizingTransformer(ModelScorer scorer, ModelColumns columns) => (_scorer, _columns) = (scorer, columns);

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The columns that come out.</summary>
    /// <param name="inputSchema">The columns that go in.</param>
    /// <exception cref="ArgumentException">The column of images is missing, or of another type than at fitting.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => SchemaOf(inputSchema).Output;

    /// <summary>Adds the numbers as rows are read.</summary>
    /// <param name="input">The rows.</param>
    /// <exception cref="ArgumentException">The column of images is missing, or of another type than at fitting.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredView(SchemaOf(input.Schema), _scorer, input);
    }

    /// <summary>Adds the numbers to rows one by one.</summary>
    /// <inheritdoc cref="GetOutputSchema"/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => new ScoredRowMapper(SchemaOf(inputSchema), _scorer);

    /// <summary>Saves steps of ML.NET's own, as a model's are. Called by ML.NET's Model.Save.</summary>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        var context = new MLContext();
        IEnumerable<ITransformer> steps = StockChain.CreateSteps(context, _scorer.Network.Preprocessing, _scorer.Network.File, TensorNames.Features, _columns);
        IDataView empty = new TransformerChain<ITransformer>([.. steps]).Transform(_columns.EmptyData(context));
        ITransformer named = context.Transforms.CopyColumns(_columns.Score, TensorNames.Features).Fit(empty);
        using var chain = new TransformerChain<ITransformer>([.. steps, named]);
        ((ICanSaveModel)chain).Save(ctx);
    }

    /// <summary>Frees the network.</summary>
    public void Dispose() => _scorer.Dispose();

    private FeaturizedSchema SchemaOf(DataViewSchema input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new FeaturizedSchema(input, _columns, _scorer.Network.RowLength);
    }

    private sealed class FeaturizedSchema : ImageSchema
    {
        private readonly int _numbers;

        public FeaturizedSchema(DataViewSchema input, ModelColumns columns, int length)
            : base(input, columns.Feature, columns.Kind)
        {
            var builder = new DataViewSchema.Builder();
            builder.AddColumns(input);
            // [1, D], as the saved steps have it: a trainer that was fitted on the one refuses the other.
            builder.AddColumn(columns.Score, new VectorDataViewType(NumberDataViewType.Single, 1, length));
            builder.AddColumn(ImageClassificationModel.ErrorColumnName, TextDataViewType.Instance);
            Output = builder.ToSchema();
            _numbers = input.Count;
        }

        public override DataViewSchema Output { get; }

        public override bool IsScored(DataViewSchema.Column column) => column.Index >= _numbers;

        public override Delegate CreateGetter(DataViewSchema.Column column, DataViewRow row, Func<ScoredImage> current) =>
            column.Index == _numbers ? Numbers(current) : Reason(current);
    }
}
