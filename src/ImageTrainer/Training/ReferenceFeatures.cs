using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;

namespace ImageTrainer.Training;

/// <summary>
/// The features that a network in fp32 gives, for comparison: each image's once, and those that will be asked for first while others work.
/// Not safe for concurrent callers.
/// </summary>
/// <param name="train">The data set that images come from.</param>
/// <param name="create">Makes the network ready; called once at most, on another thread.</param>
/// <param name="cancellationToken">Cancels between images.</param>
internal sealed class ReferenceFeatures(ImageDataset train, Func<Featurizer> create, CancellationToken cancellationToken) : IDisposable
{
    private readonly LoadAhead<Featurizer> _featurizer = new(create);
    private readonly Dictionary<string, float[]> _known = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _cancelling = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private Task _ahead = Task.CompletedTask;

    /// <summary>Begins to load the network, and does not wait; where nobody calls it, the first image that is in no cache does.</summary>
    public void Load() => _ahead = BackgroundLoading.Start(() => _featurizer.Value.LoadAhead());

    /// <summary>Begins to compute the features of some images, and does not wait.</summary>
    public void Begin(LabeledImage[] images)
    {
        Task before = _ahead;
        _ahead = BackgroundLoading.Start(() =>
        {
            before.GetAwaiter().GetResult();
            Compute(images);
        });
    }

    /// <summary>Gives the features of readable images, one row each in their order.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public FeatureMatrix Of(LabeledImage[] images)
    {
        _ahead.GetAwaiter().GetResult();
        Compute([.. images.Where(image => !_known.ContainsKey(image.Path))]);
        return new FeatureMatrix([.. images.SelectMany(image => _known[image.Path])], images.Length, _featurizer.Value.FeatureCount);
    }

    /// <summary>Stops what was begun, and frees the network.</summary>
    public void Dispose()
    {
        _cancelling.Cancel();
        // What it threw is the business of whoever asked for features; here only its use of the network has to be over.
        Task.WaitAny(_ahead);
        _featurizer.Dispose();
        _cancelling.Dispose();
    }
    private void Compute(LabeledImage[] images)
    {
        if (images.Length == 0) return;
        FeaturizedImages result = _featurizer.Value.Featurize(train.Subset(images), progress: null, _cancelling.Token);
        for (int row = 0; row < result.Images.Count; row++) _known[result.Images[row].Path] = result.Features.Row(row).ToArray();
    }
}
