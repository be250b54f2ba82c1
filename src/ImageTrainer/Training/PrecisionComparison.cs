using System.Numerics.Tensors;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>Compares a network in int8 with itself in fp32 on some of the training images, under one head. Not safe for concurrent callers.</summary>
/// <param name="session">The fit.</param>
/// <param name="fp32">The features in fp32.</param>
/// <param name="rows">Rows of the images to compare on.</param>
/// <param name="fitted">The features in int8, and a head that has not learnt from those rows.</param>
internal sealed class PrecisionComparison(TrainingSession session, ReferenceFeatures fp32, int[] rows, FittedHead fitted)
{
    /// <summary>Images that are compared on at most.</summary>
    public const int MostImageCount = 128;

    // Where int8 does not do: how many layers are tried in fp32, on how many images, and how many of them are then kept there.
    private const int SuspectCount = 12;
    private const int SuspectImageCount = 8;
    private static readonly int[] KeptCounts = [1, 2, 4, 8];

    /// <summary>
    /// Chooses the rows to compare on: of each content one. Every class keeps an image for the head that is fitted without these; unreadable
    /// ones may have left it few.
    /// </summary>
    /// <param name="drawn">The images that may be taken, in the order of the draw.</param>
    /// <param name="fitted">The features of all images.</param>
    public static int[] ChooseRows(IEnumerable<LabeledImage> drawn, FittedHead fitted)
    {
        (FeaturizedImages images, int[] classes) = (fitted.Images, fitted.Classes);
        Dictionary<string, int> rowsByPath = RowsByPath(images);
        ILookup<ContentHash, int> copies = Copies(images);
        Dictionary<int, int> left = classes.CountBy(index => index).ToDictionary();
        var rows = new Dictionary<ContentHash, int>();
        foreach (LabeledImage image in drawn)
        {
            if (rows.Count == MostImageCount) break;
            if (!rowsByPath.TryGetValue(image.Path, out int row) || rows.ContainsKey(images.ContentHashes[row])) continue;
            KeyValuePair<int, int>[] used = [.. copies[images.ContentHashes[row]].CountBy(copy => classes[copy])];
            if (used.Any(count => left[count.Key] <= count.Value)) continue;
            foreach ((int index, int count) in used) left[index] -= count;
            rows.Add(images.ContentHashes[row], row);
        }

        return [.. rows.Values];
    }

    /// <summary>Fits a head that has seen neither the rows nor byte-identical copies of them.</summary>
    /// <param name="rows">The rows to leave out.</param>
    /// <param name="fitted">All images, and the head whose L2 strength is taken.</param>
    /// <param name="session">The fit.</param>
    public static HeadFit FitWithout(int[] rows, FittedHead fitted, TrainingSession session)
    {
        FeaturizedImages images = fitted.Images;
        ILookup<ContentHash, int> copies = Copies(images);
        int[] kept = [.. Enumerable.Range(0, fitted.Classes.Length).Except(rows.SelectMany(row => copies[images.ContentHashes[row]]))];
        var options = new HeadFitOptions
        {
            L2Candidates = [fitted.Head.L2],
            FoldCount = 0,
            ClassWeights = session.Options.ClassWeights,
            Seed = session.Options.Seed,
            DegreeOfParallelism = session.Options.ThreadCount,
        };
        return HeadFitter.Fit(
            images.Features.Rows(kept), [.. kept.Select(row => fitted.Classes[row])], fitted.Head.Biases.Length, options, session.CancellationToken);
    }

    /// <summary>Compares. Few images are enough where all agree; where some do not, more are asked, up to the limit, or until none of them could help.</summary>
    /// <param name="firstCount">Images to begin with, 1 or more.</param>
    public ParityRecord Compare(int firstCount)
    {
        for (int count = firstCount; ; count *= 2)
        {
            int[] some = [.. rows.Take(count)];
            ParityRecord parity = Compare(fitted.Images.Features.Rows(some), some);
            bool isLast = some.Length == rows.Length || !ParityCheck.CanStillHold(parity, rows.Length);
            if (isLast || ParityCheck.Holds(parity)) return parity;
        }
    }

    /// <summary>Finds the layers whose return to fp32 brings the features nearest to fp32's, more and more of them until the check holds.</summary>
    /// <param name="quantizer">Makes networks of which some layers stay in fp32.</param>
    /// <param name="layerErrors">What quantizing does to each layer.</param>
    /// <returns>Null where the check never holds.</returns>
    public ParityVerdict? FindMixed(NetworkQuantizer quantizer, IReadOnlyList<LayerError> layerErrors)
    {
        int[] few = [.. rows.Take(SuspectImageCount)];
        FeatureMatrix target = fp32.Of(ImagesOf(few));
        string[] suspects =
        [
            .. layerErrors.OrderByDescending(error => error.Total).Take(SuspectCount)
                .Select(error => (error.Layer, Distance: Distance(Featurize(quantizer.Quantize([error.Layer]), few), target)))
                .OrderBy(trial => trial.Distance)
                .Select(trial => trial.Layer),
        ];
        foreach (int count in KeptCounts)
        {
            string[] kept = [.. suspects.Take(count)];
            Backbone network = quantizer.Quantize(kept);
            ParityRecord parity = Compare(Featurize(network, rows), rows);
            if (ParityCheck.Holds(parity)) return new ParityVerdict(network, kept, parity);
        }

        return null;
    }

    private ParityRecord Compare(FeatureMatrix int8, int[] some) =>
        ParityCheck.Compare(int8, fp32.Of(ImagesOf(some)), fitted.Head.Logits, [.. some.Select(row => fitted.Classes[row])]);

    private FeatureMatrix Featurize(Backbone network, int[] some)
    {
        using Featurizer featurizer = session.CreateFeaturizer(network);
        LabeledImage[] wanted = ImagesOf(some);
        FeaturizedImages result = featurizer.Featurize(session.Train.Subset(wanted), progress: null, session.CancellationToken);
        Dictionary<string, int> found = RowsByPath(result);
        return result.Features.Rows([.. wanted.Select(image => found[image.Path])]);
    }

    private LabeledImage[] ImagesOf(int[] some) => [.. some.Select(row => fitted.Images.Images[row])];

    private static ILookup<ContentHash, int> Copies(FeaturizedImages images) =>
        Enumerable.Range(0, images.Images.Count).ToLookup(row => images.ContentHashes[row]);

    // A list may name one file twice.
    private static Dictionary<string, int> RowsByPath(FeaturizedImages images) =>
        images.Images.Index().DistinctBy(pair => pair.Item.Path).ToDictionary(pair => pair.Item.Path, pair => pair.Index, StringComparer.Ordinal);

    private static double Distance(FeatureMatrix a, FeatureMatrix b) => TensorPrimitives.Distance(a.Values, b.Values);
}

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
