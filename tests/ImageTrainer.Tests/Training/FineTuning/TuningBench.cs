using System.Collections.Concurrent;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Tests.Training.FineTuning;

/// <summary>Fine-tuning from a head that knows next to nothing, so that an epoch beats it; keeps what it tells.</summary>
internal sealed class TuningBench : IProgress<TrainingProgress>
{
    private readonly FeaturizedImages _images;
    private readonly string[] _labels;
    private readonly ConcurrentQueue<TrainingProgress> _told = [];

    /// <summary>Featurizes drawn pictures.</summary>
    public TuningBench(ImageDataset train)
    {
        using var featurizer = new Featurizer(TinyModel.Backbone, ComputeDevice.Cpu, threadCount: 2, cache: null);
        _images = featurizer.Featurize(train, null, CancellationToken.None);
        _labels = [.. _images.Images.Select(image => image.Label).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>Called with everything that is told.</summary>
    public Action<TrainingProgress> Listener { get; set; } = _ => { };

    /// <summary>Where activations are kept, or null.</summary>
    public FeatureCacheOptions? Cache { get; init; }

    /// <summary>What has been told, of one kind.</summary>
    public IEnumerable<T> Told<T>() => _told.OfType<T>();

    /// <summary>Trains.</summary>
    public (TunedNetwork? Network, FineTuningResult Result) Tune(FineTuningOptions options, CancellationToken cancellationToken = default)
    {
        var setting = new TuningSetting(
            TinyModel.Backbone, TinyModel.Backbone, options, Seed: 1, ClassWeights.None, ComputeDevice.Cpu, ThreadCount: 2, Cache, StartTime: 0);
        int[] classes = [.. _images.Images.Select(image => Array.IndexOf(_labels, image.Label))];
        var train = new TuningImages(_images.Images, _images.ContentHashes, classes, _images.Features);
        var head = new HeadFit(new float[_labels.Length * TinyModel.Backbone.FeatureCount], new float[_labels.Length], L2: 1e6, 0, null, [], []);
        return FineTuner.Tune(setting, head, train, validation: null, this, cancellationToken);
    }

    void IProgress<TrainingProgress>.Report(TrainingProgress value)
    {
        _told.Enqueue(value);
        Listener(value);
    }
}
