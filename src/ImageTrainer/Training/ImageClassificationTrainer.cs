using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Training.FineTuning;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Training;

/// <summary>
/// Trains an image classifier: a pretrained network turns every image into features, and a linear head is fitted on them.
/// One fit leaves nothing behind for the next; a trainer may be used by one caller at a time, since it works on every core.
/// </summary>
public sealed class ImageClassificationTrainer
{
    private readonly ImageClassificationOptions _options;
    private Task<LoadedBackbone?>? _ahead;
    private ImageDataset? _test;

    /// <summary>Makes a trainer; nothing is loaded yet.</summary>
    /// <param name="options">How to train, or null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range; the message names each.</exception>
    public ImageClassificationTrainer(ImageClassificationOptions? options = null)
    {
        _options = options ?? new ImageClassificationOptions();
        _options.Validate();
    }

    /// <summary>
    /// Begins to load the native engines and, where it is on this machine, the backbone, on other threads: for callers with something else to
    /// do before <see cref="Fit"/>, such as reading their data. Does not wait, downloads nothing; what goes wrong is thrown by the next fit.
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
    /// <exception cref="TrainingDivergedException">Fine-tuning has left the numbers, at a tenth of the learning rate too.</exception>
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
        TrainingRun.CheckClasses([.. train.Labels], train.Root, []);
        Featurizer.RequireRoom(train, train.Labels.Count, "classes");
        if (validation is not null) TrainingRun.CheckValidation(train, validation);
        if (_options.FineTuning?.CheckpointFolder is { } folder) Checkpoint.RequireWritable(folder);
        DeviceChoice device = DeviceSelector.Choose(ComputeDevice.Parse(_options.Device));
        progress?.Report(new TrainingProgress.DeviceChosen(device));
        Backbone backbone = LoadBackbone(progress, cancellationToken);
        (ImageDataset? test, _test) = (_test, null);
        var context = new TrainingContext(_options, device, progress, cancellationToken) { StartTime = startTime, Test = test };
        try
        {
            return new TrainingRun(context, train, validation).Fit(backbone);
        }
        catch (OnnxRuntimeException exception) when (device.Device.Kind == DeviceKind.Cuda)
        {
            throw DeviceFailure(device.Device, exception);
        }
    }

    /// <summary>What to throw where a GPU has begun to work and does not go on.</summary>
    internal static DeviceException DeviceFailure(ComputeDevice device, OnnxRuntimeException exception) => new(
        device,
        $"it failed, or its memory is too small ({exception.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ')}); fine-tuning takes less of it with a smaller --batch-size",
        exception);

    private BackboneStore Store => new(_options.BackboneSources);

    private Backbone LoadBackbone(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        (Task<LoadedBackbone?>? ahead, _ahead) = (_ahead, null);
        LoadedBackbone loaded = ahead?.GetAwaiter().GetResult() ?? Load(
            Store.ResolveAsync(_options.Backbone, TrainingNews.OfDownload(progress), cancellationToken).GetAwaiter().GetResult());
        progress?.Report(new TrainingProgress.BackboneChosen(loaded.Resolved));
        return loaded.Backbone;
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
