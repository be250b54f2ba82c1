using ImageTrainer.Imaging;
using ImageTrainer.Training.Augmentation;

namespace ImageTrainer.Training.FineTuning;

/// <summary>What a run of fine-tuning has come to.</summary>
/// <param name="Result">How it went.</param>
/// <param name="Weights">The weights of the best epoch; empty before the first.</param>
/// <param name="Temperature">The temperature of the best epoch on the validation images.</param>
/// <param name="RateFactor">What the learning rate was multiplied by in the end: a tenth of what it was at first where training has diverged.</param>
/// <param name="BatchSize">Images of a step, as far as there are so many.</param>
internal sealed record TuningOutcome(
    FineTuningResult Result, IReadOnlyDictionary<string, float[]> Weights, double Temperature, double RateFactor, int BatchSize);

/// <summary>
/// One run of fine-tuning, epoch by epoch: with images to compare epochs on, of which the best is kept, or without, where it is the last. Used once.
/// </summary>
internal sealed class TuningRun : IDisposable
{
    private const double RetryRateFactor = 0.1;

    private readonly TuningSetting _setting;
    private readonly FineTuningOptions _options;
    private NetworkCut _cut;
    private readonly TuningImages _learn;
    private readonly string _key;
    private readonly ActivationSource _source;
    private readonly ActivationSource? _compareSource;
    private readonly Validation? _validation;
    private readonly Targets _targets;
    private TuningSteps _steps = null!;
    private readonly long _startTime;
    private readonly List<FineTuningEpoch> _epochs = [];
    private FineTuningEpoch _frozen = null!;
    private double _rateFactor;
    private int _batchSize;
    private string? _cacheNotice;
    private bool _cannotKeep;
    private int _bestEpoch;

    /// <summary>Prepares a run.</summary>
    /// <param name="setting">What to start from.</param>
    /// <param name="cut">The network.</param>
    /// <param name="learn">The images to learn from.</param>
    /// <param name="compare">The images to compare epochs on, or null.</param>
    /// <param name="key">Hash of everything that decides the course.</param>
    public TuningRun(TuningSetting setting, NetworkCut cut, TuningImages learn, TuningImages? compare, string key)
    {
        (_setting, _options, _cut, _learn, _key) = (setting, setting.Options, cut, learn, key);
        (_startTime, _rateFactor) = (setting.StartTime, setting.RateFactor);
        var strength = AugmentationStrength.Of(_options.Augmentation, _options.Mixup);
        IImageAugmentation? augmentation = strength.IsAny
            ? new ImageAugmentation(strength, [.. learn.Images.Select(image => image.Path)], learn.Classes, setting.Backbone.Preprocessing, setting.Seed)
            {
                Hashes = learn.Hashes,
            }
            : null;
        _source = new ActivationSource(cut, learn, augmentation, setting);
        int classCount = (int)cut.Trained.Outputs[0].Shape[1].Size;
        _targets = new Targets(learn.Classes, classCount, setting.ClassWeights, augmentation);
        if (compare is null) return;
        try
        {
            _compareSource = new ActivationSource(cut, compare, null, setting);
        }
        catch
        {
            _source.Dispose();
            throw;
        }

        _validation = new Validation(_compareSource, compare.Classes, setting);
    }

    private Dictionary<string, float[]> BestWeights { get; set; } = [];

    private double BestTemperature { get; set; } = 1;

    /// <summary>Trains until the epochs, the patience, the time or the caller's wish are at an end.</summary>
    public TuningOutcome Execute(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (_validation is null) _frozen = FrozenEpoch(ValidationScore.None);
        FineTuningEnding ending;
        try
        {
            CheckpointContent? kept = FindCheckpoint();
            Prepare(kept?.State.BatchSize, cancellationToken);
            progress?.Report(new TrainingProgress.FineTuningStarted(_options, _learn.Count, ValidationCount, _steps.BatchSize));
            if (kept is null) Begin(progress, cancellationToken);
            else Restore(kept, progress);
            ending = RunEpochs(progress, cancellationToken);
        }
        catch (OperationCanceledException) when (_frozen is not null)
        {
            ending = cancellationToken.IsCancellationRequested ? FineTuningEnding.Cancelled : FineTuningEnding.OutOfTime;
        }
        catch (ImageDecodeException exception) when (_frozen is not null)
        {
            TrainingNews.Tell(progress, $"Training ends here, for no image can be read any more. {exception.Message}");
            ending = FineTuningEnding.ImagesLost;
        }

        int keptEpoch = _bestEpoch > 0 && _epochs[_bestEpoch - 1].Beats(_frozen!, ValidationCount) ? _bestEpoch : 0;
        var result = new FineTuningResult(_options.Stages, _frozen!, [.. _epochs], keptEpoch, ending, _learn.Count, ValidationCount)
        {
            LearningRate = _options.EffectiveLearningRate * _rateFactor,
            BadImages = [.. _source.BadImages, .. _compareSource?.BadImages ?? []],
        };
        return new TuningOutcome(result, BestWeights, BestTemperature, _rateFactor, _batchSize);
    }

    /// <summary>Frees the networks.</summary>
    public void Dispose()
    {
        _steps?.Dispose();
        _source.Dispose();
        _compareSource?.Dispose();
    }

    private static FineTuningEpoch FrozenEpoch(ValidationScore score) =>
        new(0, double.NaN, double.NaN, score.Loss, score.Accuracy, 0, 0, IsBest: false);

    private void Prepare(int? batchSize, CancellationToken cancellationToken)
    {
        if (_options.BatchNorm == BatchNormMode.Train)
            _cut = _cut.WithNorms(NormMeasurement.Measure(_cut, _source, _learn.Count, _setting, cancellationToken));
        _batchSize = batchSize ?? BatchSizes.Choose(_cut, _setting, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
        _steps = new TuningSteps(_cut, _source, _targets, _setting, _batchSize);
    }

    private int ValidationCount => _validation?.Count ?? 0;

    private FineTuningEnding RunEpochs(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        while (_epochs.Count < _options.EpochCount)
        {
            if (EpochsWithoutGain >= _options.Patience) return FineTuningEnding.StoppedEarly;
            if (!RunEpoch(_epochs.Count + 1, progress, cancellationToken)) Retry(progress);
        }

        return FineTuningEnding.Completed;
    }

    private bool RunEpoch(int number, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        long start = _options.Clock.GetTimestamp();
        var schedule = new LearningRateSchedule(_options.EffectiveLearningRate * _rateFactor, _steps.StepsPerEpoch, _options.EpochCount);
        EpochSums? sums = _steps.Run(number, schedule.At, step => AfterStep(number, step, progress), cancellationToken);
        if (sums is not { } done) return false;
        Dictionary<string, float[]> weights = _steps.ReadWeights();
        ValidationScore score = _validation?.Measure(_cut.TrainedWith(weights), cancellationToken) ?? ValidationScore.None;
        if (_validation is not null && !double.IsFinite(score.Loss)) return false;
        var epoch = new FineTuningEpoch(
            number,
            done.LossSum / done.ImageCount,
            (double)done.RightCount / done.ImageCount,
            score.Loss,
            score.Accuracy,
            schedule.At(_steps.StepCount - 1),
            done.ImageCount / _options.Clock.GetElapsedTime(start).TotalSeconds,
            IsBest: false);
        epoch = epoch with { IsBest = IsBest(epoch) };
        _epochs.Add(epoch);
        if (epoch.IsBest) (_bestEpoch, BestWeights, BestTemperature) = (number, weights, score.Temperature);
        Keep(progress);
        TellOfCache(progress);
        Report(epoch, progress);
        return true;
    }

    private bool IsBest(FineTuningEpoch epoch) =>
        _validation is null || _bestEpoch == 0 || epoch.IsBetterThan(_epochs[_bestEpoch - 1], _frozen, ValidationCount);

    // Epochs since that of the lowest loss.
    private int EpochsWithoutGain =>
        _validation is null || _epochs.Count == 0 ? 0 : _epochs.Count - _epochs.MinBy(epoch => epoch.ValidationLoss)!.Number;

    // Without images to compare on there is nothing to say of the network before training.
    private void Report(FineTuningEpoch epoch, IProgress<TrainingProgress>? progress)
    {
        if (epoch.Number > 0 || !IsOnAll) progress?.Report(new TrainingProgress.EpochFinished(epoch, _options.EpochCount) { IsOnAll = IsOnAll });
    }

    private void TellOfCache(IProgress<TrainingProgress>? progress)
    {
        string? notice = _source.CacheNotice ?? _compareSource?.CacheNotice;
        if (notice != _cacheNotice) TrainingNews.Tell(progress, notice);
        _cacheNotice = notice;
    }

    private bool AfterStep(int epoch, int step, IProgress<TrainingProgress>? progress)
    {
        progress?.Report(new TrainingProgress.StepFinished(epoch, step, _steps.StepsPerEpoch, _steps.BatchSize) { IsOnAll = IsOnAll });
        return _options.TimeBudget is { } budget && _options.Clock.GetElapsedTime(_startTime) >= budget;
    }

    private void Begin(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        if (_validation is not null)
        {
            // Another training's, which the one on all images that may follow could not go on from.
            if (_options.CheckpointFolder is { } folder) Checkpoint.DeleteOnAll(folder);
            _frozen = FrozenEpoch(_validation.Measure(_cut.TrainedWith(new Dictionary<string, float[]>()), cancellationToken));
        }

        Report(_frozen, progress);
    }

    /// <exception cref="TrainingDivergedException">It was the second time.</exception>
    private void Retry(IProgress<TrainingProgress>? progress)
    {
        int epoch = _epochs.Count + 1;
        if (_rateFactor < _setting.RateFactor) throw new TrainingDivergedException(epoch, _steps.LastStep, _options.EffectiveLearningRate * _rateFactor);
        _rateFactor *= RetryRateFactor;
        double rate = _options.EffectiveLearningRate * _rateFactor;
        TrainingNews.Tell(progress, string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"Training diverged in epoch {epoch}, step {_steps.LastStep}: it starts again at a tenth of the learning rate, {rate:0.######}."));
        _epochs.Clear();
        (_bestEpoch, BestWeights, BestTemperature) = (0, [], 1);
        _steps.Reset();
    }

    private bool IsOnAll => _validation is null;

    private string? CheckpointPath => _options.CheckpointFolder is { } folder ? Checkpoint.PathIn(folder, IsOnAll) : null;

    // What has been trained is worth more than a checkpoint of it.
    private void Keep(IProgress<TrainingProgress>? progress)
    {
        if (CheckpointPath is not { } path || _cannotKeep) return;
        var state = new CheckpointState(
            _key, _epochs.Count, _steps.StepCount, _rateFactor, BestTemperature, _frozen, [.. _epochs], _bestEpoch, _batchSize);
        try
        {
            Checkpoint.Write(path, state, _steps.ReadAll(), BestWeights);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _cannotKeep = true;
            TrainingNews.Tell(progress, $"Training goes on without checkpoints, for '{path}' cannot be written: {exception.Message}");
        }
    }

    private CheckpointContent? FindCheckpoint()
    {
        if (!_options.Resume || CheckpointPath is not { } path) return null;
        try
        {
            CheckpointContent? kept = Checkpoint.Read(path);
            return kept is null || kept.State.Key == _key ? kept : throw new CheckpointException(
                path, "it is of another training: images, options, backbone, device or version are not the same");
        }
        catch (CheckpointException) when (_validation is null)
        {
            // The first training is done, and must not be lost: the one on all images begins anew.
            return null;
        }
    }

    private void Restore(CheckpointContent kept, IProgress<TrainingProgress>? progress)
    {
        CheckpointState state = kept.State;
        (_frozen, _rateFactor, _bestEpoch, BestTemperature) = (state.Frozen, state.RateFactor, state.BestEpoch, state.BestTemperature);
        _epochs.AddRange(state.Epochs);
        BestWeights = kept.Best;
        _steps.Restore(state.StepCount, kept.Tensors);
        foreach (FineTuningEpoch epoch in _epochs.Prepend(_frozen)) Report(epoch, progress);
        TrainingNews.Tell(progress, $"Going on after epoch {_epochs.Count}.");
    }
}
