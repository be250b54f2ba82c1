using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using ImageTrainer.Rows;
using ImageTrainer.Training.FineTuning;
using ImageTrainer.Training.Heads;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace ImageTrainer.Training;

/// <summary>
/// Trains an image classifier: a pretrained network turns every image into features, and a linear head is fitted on them. An estimator of ML.NET
/// (<c>mlContext.MulticlassClassification.Trainers.ImageClassification</c>), which fits on data sets of files too.
/// One fit leaves nothing behind for the next; a trainer may be used by one caller at a time, since it works on every core.
/// </summary>
public sealed partial class ImageClassificationTrainer : IEstimator<ImageClassificationModel>
{
    private readonly ImageClassificationOptions _options;
    private readonly Options _names;
    private Task<LoadedBackbone?>? _ahead;
    private ImageDataset? _test;

    /// <summary>Makes a trainer; nothing is loaded yet.</summary>
    /// <param name="options">How to train, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names each.</exception>
    public ImageClassificationTrainer(ImageClassificationOptions? options = null)
    {
        options ??= new ImageClassificationOptions();
        _names = options as Options ?? new Options(options) { FeatureColumnName = ImageDataView.PathColumn };
        _options = _names.ToOwn();
        _options.Validate();
        if (_names.ValidationSetFraction is not (null or (> 0 and < 1)))
            throw new ArgumentException($"The field {nameof(Options.ValidationSetFraction)} must lie between 0 and 1, both excluded.");
    }

    /// <summary>Where a fit on rows of ML.NET is logged.</summary>
    internal IHostEnvironment? Environment { get; init; }

    /// <summary>Trains on rows of ML.NET.</summary>
    /// <param name="input">Rows with images and labels; which columns is said by the options.</param>
    /// <returns>The model. Dispose it when it is no longer used.</returns>
    /// <exception cref="ArgumentException">A column is missing or of a type that holds no images, or no labels.</exception>
    /// <inheritdoc cref="Fit(ImageDataset, ImageDataset?, IProgress{TrainingProgress}?, CancellationToken)" path="/exception"/>
    public ImageClassificationModel Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        Prepare();
        ModelColumns columns = ColumnsOf(input.Schema);
        IHost host = (Environment ?? new MLContext()).Register(nameof(ImageClassificationTrainer));
        using IChannel channel = host.Start("Training");
        using var cancelling = new CancellationTokenSource();
        var journal = new TrainingJournal(host, channel, _names.MetricsCallback, cancelling);
        using ViewImages images = ReadRows(input, journal);
        using ViewImages? validation = _names.ValidationSet is { } set ? ReadRows(set, journal) : null;
        (ImageDataset train, ImageDataset? heldOut) = (images.Dataset, validation?.Dataset);
        if (heldOut is null && _names.ValidationSetFraction is { } fraction)
            (train, heldOut) = train.TrainTestSplit(fraction, _options.Seed, cancelling.Token);
        ImageClassificationModel model = Fit(train, heldOut, journal, cancelling.Token);
        model.Columns = columns;
        foreach (BadImage bad in model.BadImages)
            channel.Warning(MessageSensitivity.UserData, "Left out, because it cannot be read: {0}: {1}.", bad.Image.RelativePath, bad.Reason);
        journal.Report(model.Trials);
        return model;
    }

    /// <summary>The shape of the columns that a model gives: those that go in, and Label, Score, PredictedLabel and ImageError.</summary>
    /// <param name="inputSchema">The shape of what goes in.</param>
    /// <exception cref="ArgumentException">The column of images, or that of labels, is missing.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (string name in (string[])[_names.FeatureColumnName, _names.LabelColumnName])
        {
            if (!inputSchema.Any(column => column.Name == name)) throw new ArgumentException($"The data has no column '{name}'.", nameof(inputSchema));
        }

        return ScoredShape.Create(inputSchema, Columns(ImageColumnKind.Path));
    }

    /// <summary>
    /// Begins to load the native engines and, where it is on this machine, the backbone, on other threads: for callers with something else to
    /// do before a fit, such as reading their data. Does not wait, downloads nothing; what goes wrong is thrown by the next fit.
    /// </summary>
    public void Prepare()
    {
        EngineStart.Begin();
        _ahead ??= BackgroundLoading.Start(LoadFromHere);
    }

    /// <summary>
    /// Names the images that the next fit's model will be evaluated on: their features are computed while cores wait for the head to be
    /// fitted, so that <see cref="ImageClassificationModel.Evaluate"/> of the same object finds them ready. Nothing is learnt from them.
    /// </summary>
    /// <param name="test">The images.</param>
    public void Prepare(ImageDataset test)
    {
        ArgumentNullException.ThrowIfNull(test);
        _test = test;
    }

    /// <summary>Trains on a data set.</summary>
    /// <param name="train">The images to learn from: two classes or more.</param>
    /// <param name="validation">
    /// Images to calibrate the probabilities on, and to compare epochs of fine-tuning on; none of those to learn from. Null to calibrate on
    /// cross-validated predictions, and to hold images out where there are epochs to compare.
    /// </param>
    /// <param name="progress">Told what happens as it happens, one item at a time, from any thread; or null.</param>
    /// <param name="cancellationToken">
    /// Cancels; finished features stay in the cache. Once fine-tuning has begun it is ended in order instead: the best model so far is
    /// given back, and its <see cref="ImageClassificationModel.FineTuning"/> says that it was cancelled.
    /// </param>
    /// <returns>The model. Dispose it when it is no longer evaluated.</returns>
    /// <exception cref="DatasetException">
    /// The data cannot be trained on: fewer than two classes with readable images, or more images than fit in memory; or validated on: a label that is not trained on, an
    /// image that is, or no readable image.
    /// </exception>
    /// <exception cref="TrainingDataException">The backbone gives features that no head can be fitted on.</exception>
    /// <exception cref="BackboneException">The backbone cannot be had or used, or is to be fine-tuned and has no stages.</exception>
    /// <exception cref="TrainingDivergedException">Fine-tuning diverged, at a tenth of the learning rate too.</exception>
    /// <exception cref="CheckpointException">Fine-tuning was to be resumed from a damaged checkpoint, or another training's.</exception>
    /// <exception cref="CheckpointFolderException">Checkpoints are to be kept in a folder that cannot be written to.</exception>
    /// <exception cref="DeviceException">A device asked for by name does not work, or a GPU has failed or run out of memory on the way.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public ImageClassificationModel Fit(
        ImageDataset train,
        ImageDataset? validation = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(train);
        Prepare();
        long startTime = _options.FineTuning?.Clock.GetTimestamp() ?? 0;
        TrainingSession.CheckClasses([.. train.Labels], train.Root, []);
        Featurizer.RequireRoom(train, train.Labels.Count, "classes");
        if (validation is not null) TrainingSession.CheckValidation(train, validation);
        if (_options.FineTuning?.CheckpointFolder is { } folder) Checkpoint.RequireWritable(folder);
        DeviceChoice device = DeviceSelector.Choose(ComputeDevice.Parse(_options.Device));
        progress?.Report(new TrainingProgress.DeviceChosen(device));
        Backbone backbone = LoadBackbone(progress, cancellationToken);
        (ImageDataset? test, _test) = (_test, null);
        var session = new TrainingSession(_options, device, new TrainingImages(train, validation, test), progress, cancellationToken) { StartTime = startTime };
        try
        {
            session.Fit(backbone);
            return new ImageClassificationModel(session);
        }
        catch (OnnxRuntimeException exception) when (device.Device.Kind == DeviceKind.Cuda)
        {
            session.Dispose();
            throw DeviceFailure(device.Device, exception);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>What to throw where a GPU has begun to work and does not go on.</summary>
    internal static DeviceException DeviceFailure(ComputeDevice device, OnnxRuntimeException exception) => new(
        device,
        $"it failed, or its memory is too small ({exception.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ')}); fine-tuning takes less of it with a smaller --batch-size",
        exception);

    private ModelColumns Columns(ImageColumnKind kind) =>
        new(_names.FeatureColumnName, kind, _names.LabelColumnName, _names.ScoreColumnName, _names.PredictedLabelColumnName);

    // A missing or unfit column is told of where rows are read.
    private ModelColumns ColumnsOf(DataViewSchema schema) =>
        Columns(schema.GetColumnOrNull(_names.FeatureColumnName) is { } column ? ModelColumns.KindOf(column.Type) ?? default : default);

    private ViewImages ReadRows(IDataView view, TrainingJournal journal)
    {
        ViewImages images = ViewImages.Read(view, _names.FeatureColumnName, _names.LabelColumnName);
        if (images.UnlabelledCount > 0)
            journal.Report(new TrainingProgress.Notice($"{Counted.Of(images.UnlabelledCount, "row")} without a label left out."));
        return images;
    }

    private BackboneStore Store => new(_options.BackboneSources);

    private Backbone LoadBackbone(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        (Task<LoadedBackbone?>? ahead, _ahead) = (_ahead, null);
        LoadedBackbone loaded = ahead?.GetAwaiter().GetResult() ?? Load(Resolve(progress, cancellationToken));
        progress?.Report(new TrainingProgress.BackboneChosen(loaded.Resolved));
        return loaded.Backbone;
    }

    private ResolvedBackbone Resolve(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (_names.Arch is not { } architecture || !BackboneStore.IsAuto(_names.Backbone)) return Resolve(Store, _options.Backbone);
        try
        {
            // As patient as "auto" is: there is something else to take.
            BackboneStoreOptions sources = _options.BackboneSources;
            return Resolve(new BackboneStore(sources with { ConnectTimeout = sources.AutoAnswerTimeout, RetryCount = 0 }), _options.Backbone);
        }
        catch (BackboneException exception)
        {
            ResolvedBackbone other = Resolve(Store, BackboneStore.Auto);
            TrainingNews.Tell(progress, $"{architecture}, '{_options.Backbone}' here, cannot be had, and '{other.Descriptor.Name}' takes its place. {exception.Message}");
            return other;
        }

        ResolvedBackbone Resolve(BackboneStore store, string name) =>
            store.ResolveAsync(name, TrainingNews.OfDownload(progress), cancellationToken).GetAwaiter().GetResult();
    }

    private LoadedBackbone? LoadFromHere() => Store.FindHere(_options.Backbone) is { } here ? Load(here) : null;

    private LoadedBackbone Load(ResolvedBackbone resolved)
    {
        using Stream content = resolved.OpenRead();
        return new LoadedBackbone(
            resolved, Backbone.Load(resolved.Descriptor, resolved.Path, content, _options.ImageSize));
    }

    private sealed record LoadedBackbone(ResolvedBackbone Resolved, Backbone Backbone);
}
