using System.Reflection;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Evaluation;
using ImageTrainer.Featurizing;
using ImageTrainer.Imaging;
using ImageTrainer.Models;
using ImageTrainer.Networks;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Rows;
using ImageTrainer.Training.FineTuning;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Training;

/// <summary>
/// A trained classifier, as a transformer of ML.NET: evaluate it, then save it. Predict with <see cref="ImagePredictionEngine"/> on the
/// saved
/// file. Rows may be scored by concurrent callers; the rest is for one caller at a time. Dispose it to free the network; a saved file
/// does not
/// need it any more.
/// </summary>
/// <remarks>
/// <see cref="Transform"/> adds Score (the probabilities, [K], with the labels as slot names), PredictedLabel (a key with the labels),
/// ImageError
/// (why an image cannot be read, else empty) and, where the data has a column of that name, Label as a key of the model's own labels,
/// so that
/// evaluation does not depend on the order in which others have numbered them. An image that cannot be read has scores of NaN and no
/// predicted
/// label; the rows beside it are right.
/// </remarks>
public sealed class ImageClassificationModel : ITransformer, IDisposable
{
    private readonly TrainingSession _session;
    private readonly Lazy<ModelScorer> _scorer;

    // The session has been fitted, and is this model's to dispose.
    internal ImageClassificationModel(TrainingSession session)
    {
        (_session, BadImages) = (session, session.BadImages);
        _scorer = new Lazy<ModelScorer>(CreateScorer);
    }

    /// <summary>Name of the column that says why an image could not be read.</summary>
    public const string ErrorColumnName = ScoredSchema.ErrorColumnName;

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The K labels, in the order of scores: ordinal order.</summary>
    public IReadOnlyList<string> Labels => _session.Labels;

    /// <summary>The pretrained weights it stands on.</summary>
    public BackboneDescriptor Backbone => _session.Network.Backbone.Descriptor;

    /// <summary>Where it was trained, and why there.</summary>
    public DeviceChoice Device => _session.Device;

    /// <summary>Its arithmetic, and why.</summary>
    public PrecisionChoice Precision => _session.Network.Precision;

    /// <summary>Number of images it was trained on.</summary>
    public int TrainImageCount => _session.Fitted.Images.Images.Count;

    /// <summary>
    /// Images that could not be read and were left out: those to train on, then those to validate on, each in data-set order, then
    /// those that fine-tuning came to miss.
    /// </summary>
    public IReadOnlyList<BadImage> BadImages { get; }

    /// <summary>
    /// The images of training and evaluation whose colour profile could not be applied, as far as they were decoded: those whose features
    /// came from the cache are not among them.
    /// </summary>
    public UnappliedProfiles UnappliedProfiles => _session.Network.Featurizer.UnappliedProfiles;

    /// <summary>How many training images came from the feature cache.</summary>
    public int CachedImageCount => _session.Fitted.Images.CachedCount;

    /// <summary>Strength of the head's L2 penalty.</summary>
    public double L2 => _session.Fitted.Head.L2;

    /// <summary>What logits are divided by before the softmax.</summary>
    public double Temperature => _session.Temperature;

    /// <summary>How fine-tuning went, or null where the network was left as it is.</summary>
    public FineTuningResult? FineTuning => _session.FineTuning;

    /// <summary>The strengths of the penalty that cross-validation tried; empty where there were too few images for it.</summary>
    public IReadOnlyList<HeadTrial> Trials => _session.Fitted.Head.Candidates
        .Select(candidate => new HeadTrial(candidate.L2, candidate.LogLoss, candidate.Accuracy, candidate.L2 == L2)).ToArray();

    /// <summary>What quantizing has done to each layer, in the network's order; empty in fp32.</summary>
    public IReadOnlyList<LayerError> LayerErrors => _session.Network.LayerErrors;

    /// <summary>Holds the model against labelled images it has not seen.</summary>
    /// <param name="test">The images; every label must be one of <see cref="Labels"/>.</param>
    /// <param name="progress">
    /// Told of every image in the order they finish, one at a time, from any thread, those that are done already at once; or null.
    /// </param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <exception cref="DatasetException">A label is unknown to the model, no image can be read, or there are more than fit in
    /// memory.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model has been disposed.</exception>
    public EvaluationResult Evaluate(
        ImageDataset test, IProgress<FeaturizingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(test);
        test.LabelIndices(Labels);
        Featurizer.RequireRoom(test, Labels.Count, "classes");
        FeaturizedImages images = _session.Network.Featurizer.Featurize(test, progress, cancellationToken);
        float[] scores = ServedScores.Compute(Head, _session.Temperature, images.Features);
        return EvaluationResults.Create(scores, images.Images, images.BadImages, Labels);
    }

    /// <summary>Writes the model.zip: to a temporary file first, then moved, so that no reader ever sees half of one.</summary>
    /// <param name="path">Path of the file; an existing one is replaced.</param>
    /// <param name="heldOut">Metrics to keep in the manifest, or null.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public void Save(string path, ClassificationReport? heldOut = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelArchiveWriter.Write(path, CreateManifest(heldOut), BuildNetwork(), Columns);
    }

    /// <summary>Writes the model.zip to a stream, which is not disposed.</summary>
    /// <inheritdoc cref="Save(string, ClassificationReport?)"/>
    public void Save(Stream stream, ClassificationReport? heldOut = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ModelArchiveWriter.Write(stream, CreateManifest(heldOut), BuildNetwork(), Columns);
    }

    /// <summary>The columns that <see cref="Transform"/> gives.</summary>
    /// <param name="inputSchema">The columns that go in.</param>
    /// <exception cref="ArgumentException">The column of images is missing, or of another type than at training.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return SchemaOf(inputSchema).Output;
    }

    /// <summary>
    /// Scores rows as they are read, in their order: images are decoded and computed on every core ahead of the cursor, and no more of
    /// them are
    /// in memory than keep the cores at work.
    /// </summary>
    /// <param name="input">The rows.</param>
    /// <exception cref="ArgumentException">The column of images is missing, or of another type than at training.</exception>
    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new ScoredView(SchemaOf(input.Schema), _scorer.Value, input);
    }

    /// <summary>Scores rows one by one, for prediction engines.</summary>
    /// <inheritdoc cref="GetOutputSchema"/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return new ScoredRowMapper(SchemaOf(inputSchema), _scorer.Value);
    }

    /// <summary>
    /// Saves the model as steps of ML.NET's own, which it loads without any assembly of ours; where images are given as the bytes of files,
    /// they are decoded by ours, which has to be beside the program then. Called by ML.NET's Model.Save.
    /// </summary>
    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        using TransformerChain<ITransformer> chain = StockChain.Create(new MLContext(), CreateManifest(heldOut: null), _scorer.Value.Network.File, Columns);
        ((ICanSaveModel)chain).Save(ctx);
    }

    /// <summary>Frees the network and closes the feature cache.</summary>
    public void Dispose()
    {
        _session.Dispose();
        if (_scorer.IsValueCreated) _scorer.Value.Dispose();
    }

    /// <summary>Its columns in ML.NET.</summary>
    internal ModelColumns Columns { get; set; } = ModelColumns.Default;

    private ScoredSchema SchemaOf(DataViewSchema input) => new(input, Columns, Labels);

    private ModelScorer CreateScorer()
    {
        ModelManifest manifest = CreateManifest(heldOut: null);
        byte[] network = ModelArchiveWriter.WithManifest(BuildNetwork(), manifest);
        return new ModelScorer(new ScoringNetwork(network, manifest.Preprocessing, TensorNames.Score, Labels.Count), Device.Device, _session.Options.ThreadCount);
    }

    private LinearLayer Head => new(_session.Fitted.Head.Weights, _session.Fitted.Head.Biases);

    private byte[] BuildNetwork() => _session.Network.Backbone.BuildClassifier(Head, _session.Temperature);

    private ModelManifest CreateManifest(ClassificationReport? heldOut) => new()
    {
        LibraryVersion = typeof(ImageClassificationModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion,
        Labels = Labels,
        Preprocessing = _session.Network.Backbone.Preprocessing,
        Network = new NetworkRecord(_session.Network.Backbone.FeatureCount, Precision.Name, _session.Temperature),
        Quantization = Precision.Quantization,
        Backbone = new BackboneRecord(
            Backbone.Name, Backbone.Architecture ?? "onnx", _session.Network.Backbone.Sha256, Backbone.License, Backbone.Source),
        Training = new TrainingRecord(
            _session.Options.Seed, _session.Options.ClassWeights == ClassWeights.Balanced ? "balanced" : "none", L2, _session.Fitted.Head.FoldCount, TrainImageCount,
            DatasetFingerprint.Compute(_session.Fitted.Images.Images, [.. _session.Fitted.Images.ContentHashes]).ToString()),
        FineTuning = FineTuning is { IsBetter: true } result ? result.ToRecord(_session.Options.FineTuning!) : null,
        Metrics = heldOut is null ? new Dictionary<string, double>() : EvaluationResults.Summarize(heldOut),
    };
}

/// <summary>One strength of the head's penalty that was tried by cross-validation.</summary>
/// <param name="L2">The strength.</param>
/// <param name="LogLoss">Mean log-loss on the held-out folds.</param>
/// <param name="Accuracy">Share of held-out images that were right, 0 to 1.</param>
/// <param name="IsChosen">Whether the head was fitted with it.</param>
public sealed record HeadTrial(double L2, double LogLoss, double Accuracy, bool IsChosen);
