using ImageTrainer.Data;
using ImageTrainer.Onnx;

namespace ImageTrainer.Featurizing;

/// <summary>Features that are computed on other threads until somebody asks for them. For one caller at a time.</summary>
internal sealed class BegunFeaturizing : IProgress<FeaturizingProgress>
{
    private readonly Task<FeaturizedImages> _images;
    private readonly Lock _reporting = new();
    private FeaturizingProgress? _last;
    private IProgress<FeaturizingProgress>? _listener;

    /// <summary>Begins, and does not wait.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="featurize">Called once, on another thread; reports to what it is given.</param>
    public BegunFeaturizing(ImageDataset dataset, Func<IProgress<FeaturizingProgress>, FeaturizedImages> featurize)
    {
        Dataset = dataset;
        _images = BackgroundLoading.Start(() => featurize(this));
    }

    /// <summary>The images.</summary>
    public ImageDataset Dataset { get; }

    /// <summary>Waits for the features; what went wrong is thrown here.</summary>
    /// <param name="progress">Told how far it has come already, and of every image from then on; or null.</param>
    /// <param name="cancellationToken">Ends the waiting, not the work.</param>
    public FeaturizedImages Take(IProgress<FeaturizingProgress>? progress, CancellationToken cancellationToken)
    {
        Listen(progress);
        Task.WaitAny([_images], cancellationToken);
        return _images.GetAwaiter().GetResult();
    }

    /// <summary>Waits until nothing is at work any more, whatever came of it.</summary>
    public void Wait() => Task.WaitAny(_images);

    void IProgress<FeaturizingProgress>.Report(FeaturizingProgress value)
    {
        lock (_reporting)
        {
            _last = value;
            _listener?.Report(value);
        }
    }

    private void Listen(IProgress<FeaturizingProgress>? progress)
    {
        lock (_reporting)
        {
            _listener = progress;
            if (_last is not null) progress?.Report(_last);
        }
    }
}
