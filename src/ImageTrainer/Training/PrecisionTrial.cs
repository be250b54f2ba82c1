using System.Globalization;
using System.Numerics.Tensors;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Graphs;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>
/// One backbone in int8, held against itself in fp32 on images that it was not calibrated on. Both take few images, so that the check does
/// not eat what int8 gains: a sixty-fourth of the training images each, within limits (docs/adr/0007-int8.md).
/// </summary>
internal sealed class PrecisionTrial : IDisposable
{
    private const int ShareOfImages = 64;
    private const int LeastCalibrationCount = 8;
    private const int MostCalibrationCount = 256;

    // Of 17 images all have to agree; of 34 one, of 68 two may differ and 97 % of the labels are still the same.
    private const int FirstParityCount = 17;
    private const int MostParityCount = 128;
    private const int LeastDrawnCount = 16;

    // Unreadable images may leave less than the half of those drawn that is not calibrated on; from fewer than these nobody can tell anything.
    private const int LeastParityCount = 4;

    // Where int8 does not do: how many layers are tried in fp32, on how many images, and how many of them are then kept there.
    private const int SuspectCount = 12;
    private const int SuspectImageCount = 8;
    private static readonly int[] KeptCounts = [1, 2, 4, 8];

    private readonly TrainingContext _context;
    private readonly ReferenceFeatures _fp32;
    private readonly NetworkQuantizer _quantizer;
    private readonly ImageDataset _train;
    private readonly LabeledImage[] _unseen;
    private IReadOnlyList<LayerError>? _layerErrors;

    private PrecisionTrial(
        TrainingContext context, ReferenceFeatures fp32, NetworkQuantizer quantizer, ImageDataset train, LabeledImage[] unseen)
    {
        (_context, _fp32, _quantizer, _train, _unseen) = (context, fp32, quantizer, train, unseen);
        Network = quantizer.Quantize([]);
    }

    /// <summary>The backbone with every layer in int8.</summary>
    public Backbone Network { get; }

    /// <summary>Bits of a weight: 8 or 7.</summary>
    public int WeightBits => _quantizer.WeightBits;

    /// <summary>What quantizing does to each layer.</summary>
    public IReadOnlyList<LayerError> LayerErrors => _layerErrors ??= _quantizer.LayerErrors;

    /// <summary>Calibrates a backbone.</summary>
    /// <param name="context">The run.</param>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <param name="train">The images to draw from.</param>
    /// <param name="whyNot">Where it is null: why the network stays in fp32, as one clause.</param>
    /// <exception cref="DeviceException">int8 was asked for together with a GPU.</exception>
    /// <exception cref="BackboneException">int8 was asked for, and there is nothing to quantize or no image to calibrate on.</exception>
    public static PrecisionTrial? Start(TrainingContext context, Backbone backbone, ImageDataset train, out string whyNot)
    {
        QuantizablePart part = NetworkQuantizer.FindPart(backbone);
        LabeledImage[] drawn = [.. SampleOrder.Draw(train.Images.Select(image => image.Label), context.Options.Seed).Select(index => train.Images[index])];
        whyNot = FindObstacle(context, part, drawn.Length) ?? "";
        PrecisionTrial? trial = null;
        if (whyNot.Length == 0)
        {
            trial = Calibrate(context, backbone, part, train, drawn);
            whyNot = trial is null ? "none of the images drawn to calibrate int8 on can be read" : "";
        }

        if (trial is null && context.Options.Precision == NetworkPrecision.Int8) throw Refusal(context, backbone, whyNot);
        return trial;
    }

    /// <summary>Refuses int8 that was asked for and cannot be had, before anybody has trained for it.</summary>
    /// <exception cref="DeviceException">int8 was asked for together with a GPU.</exception>
    /// <exception cref="BackboneException">int8 was asked for, and there is nothing to quantize.</exception>
    public static void CheckPossible(TrainingContext context, Backbone backbone)
    {
        if (context.Options.Precision != NetworkPrecision.Int8) return;
        if (FindObstacle(context, NetworkQuantizer.FindPart(backbone), LeastDrawnCount) is { } obstacle) throw Refusal(context, backbone, obstacle);
    }

    /// <summary>Checks the int8 network with the features that it gave for the training images.</summary>
    /// <param name="images">Those features.</param>
    /// <param name="classes">Class of each of their rows.</param>
    /// <param name="fitted">The head fitted on all of them, whose L2 strength is taken.</param>
    public ParityVerdict Check(FeaturizedImages images, int[] classes, HeadFit fitted)
    {
        int[] rows = ParityRows(images, classes);
        if (IsTooFew(rows.Length)) return Unchecked;
        return Judge(rows, images, classes, FitWithout(rows, images, classes, fitted));
    }

    /// <summary>Checks the int8 network under a head that stays as it is.</summary>
    /// <param name="fitted">The head.</param>
    public ParityVerdict Check(FittedHead fitted)
    {
        using Featurizer int8 = _context.CreateFeaturizer(Network);
        LabeledImage[] some = [.. _unseen.Take(MostParityCount)];
        FeaturizedImages images = int8.Featurize(_train.Subset(some), progress: null, _context.CancellationToken);
        if (IsTooFew(images.Images.Count)) return Unchecked;
        string[] labels = [.. fitted.Labels];
        int[] classes = [.. images.Images.Select(image => Array.BinarySearch(labels, image.Label, StringComparer.Ordinal))];
        return Judge([.. Enumerable.Range(0, images.Images.Count)], images, classes, fitted.Head);
    }

    // Where int8 was asked for it is taken as it is, and compared on what there is.
    private bool IsTooFew(int count) => count < (IsAskedFor ? 1 : LeastParityCount);

    private ParityVerdict Unchecked => new(IsAskedFor ? Network : null, [], null);

    private bool IsAskedFor => _context.Options.Precision == NetworkPrecision.Int8;

    private ParityVerdict Judge(int[] rows, FeaturizedImages images, int[] classes, HeadFit head)
    {
        ParityRecord parity = Compare(rows, images, classes, head);
        if (ParityCheck.Holds(parity) || IsAskedFor)
            return new ParityVerdict(Network, [], parity);
        bool isSound = parity.FeatureCosine >= ParityCheck.SoundCosine;
        return (isSound ? null : FindMixed(rows, images, classes, head)) ?? new ParityVerdict(null, [], parity);
    }

    /// <summary>What the manifest keeps of a verdict.</summary>
    public QuantizationRecord Describe(ParityVerdict verdict) =>
        new(_quantizer.WeightBits, _quantizer.CalibrationImageCount, verdict.Fp32Layers, verdict.Parity);

    /// <summary>Frees the fp32 network that it compared with.</summary>
    public void Dispose() => _fp32.Dispose();

    private static string? FindObstacle(TrainingContext context, QuantizablePart part, int drawnCount)
    {
        if (context.Options.Precision == NetworkPrecision.Fp32) return "asked for";
        if (context.Device.Device.Kind == DeviceKind.Cuda) return "int8 is for the CPU";
        if (part.Layers.Length == 0) return "it has no convolution with constant weights to quantize";
        if (part.Graph.OperatorSets.GetValueOrDefault("") is < OperatorSetUpgrade.Version and var version)
            return string.Create(CultureInfo.InvariantCulture, $"its ONNX operator set {version} is older than {OperatorSetUpgrade.Version} and cannot be converted");
        bool isAuto = context.Options.Precision == NetworkPrecision.Auto;
        return isAuto && drawnCount < LeastDrawnCount ? "there are too few images to check int8 on" : null;
    }

    private static ImageTrainerException Refusal(TrainingContext context, Backbone backbone, string whyNot) =>
        context.Device.Device.Kind == DeviceKind.Cuda
            ? new DeviceException(context.Device.Device, whyNot)
            : new BackboneException(backbone.Descriptor.Name, $"The backbone '{backbone.Descriptor.Name}' cannot run in int8: {whyNot}. Use --precision fp32.");

    private static PrecisionTrial? Calibrate(
        TrainingContext context, Backbone backbone, QuantizablePart part, ImageDataset train, LabeledImage[] drawn)
    {
        context.Progress?.Report(new TrainingProgress.Calibrating());
        // Where no class can spare an image for the check, all of them serve to calibrate on.
        IReadOnlyList<LabeledImage> images = drawn.Length > 0 ? drawn : train.Images;
        int count = Math.Clamp(train.Images.Count / ShareOfImages, LeastCalibrationCount, MostCalibrationCount);
        PrecisionTrial? trial = null;
        var fp32 = new ReferenceFeatures(train, () => context.CreateFeaturizer(backbone), context.CancellationToken);
        try
        {
            // The check will need it, and until the int8 network is there a core has nothing to do.
            var draw = new CalibrationDraw(train, images, Math.Min(count, (images.Count + 1) / 2));
            if (TrialCalibration.Get(context, backbone, part, draw, fp32.Load) is not { } found) return null;
            LabeledImage[] unseen = [.. drawn.Skip(found.DrawnCount)];
            fp32.Begin([.. unseen.Take(FirstCount(train))]);
            var quantizer = new NetworkQuantizer(backbone, part, found.Calibration, IntegerArithmetic.IsExact ? 8 : 7);
            return trial = new PrecisionTrial(context, fp32, quantizer, train, unseen);
        }
        finally
        {
            if (trial is null) fp32.Dispose();
        }
    }

    private static int FirstCount(ImageDataset train) => Math.Clamp(train.Images.Count / ShareOfImages, FirstParityCount, MostParityCount);

    // Every class keeps an image for the head that is fitted without these; unreadable ones may have left it few.
    private int[] ParityRows(FeaturizedImages images, int[] classes)
    {
        Dictionary<string, int> rowsByPath = RowsByPath(images);
        ILookup<ContentHash, int> copies = Copies(images);
        Dictionary<int, int> left = classes.CountBy(index => index).ToDictionary();
        var rows = new Dictionary<ContentHash, int>();
        foreach (LabeledImage image in _unseen)
        {
            if (rows.Count == MostParityCount) break;
            if (!rowsByPath.TryGetValue(image.Path, out int row) || rows.ContainsKey(images.ContentHashes[row])) continue;
            KeyValuePair<int, int>[] used = [.. copies[images.ContentHashes[row]].CountBy(copy => classes[copy])];
            if (used.Any(count => left[count.Key] <= count.Value)) continue;
            foreach ((int index, int count) in used) left[index] -= count;
            rows.Add(images.ContentHashes[row], row);
        }

        return [.. rows.Values];
    }

    private static ILookup<ContentHash, int> Copies(FeaturizedImages images) =>
        Enumerable.Range(0, images.Images.Count).ToLookup(row => images.ContentHashes[row]);

    // Byte-identical copies of the rows are left out as well: the head must not have seen them.
    private HeadFit FitWithout(int[] rows, FeaturizedImages images, int[] classes, HeadFit fitted)
    {
        ILookup<ContentHash, int> copies = Copies(images);
        int[] kept = [.. Enumerable.Range(0, classes.Length).Except(rows.SelectMany(row => copies[images.ContentHashes[row]]))];
        var options = new HeadFitOptions
        {
            L2Candidates = [fitted.L2],
            FoldCount = 0,
            ClassWeights = _context.Options.ClassWeights,
            Seed = _context.Options.Seed,
            DegreeOfParallelism = _context.Options.ThreadCount,
        };
        return HeadFitter.Fit(
            images.Features.Rows(kept), [.. kept.Select(row => classes[row])], fitted.Biases.Length, options, _context.CancellationToken);
    }

    // Few images are enough where all agree; where some do not, more are asked, up to the limit, or until none of them could help.
    private ParityRecord Compare(int[] rows, FeaturizedImages images, int[] classes, HeadFit head)
    {
        for (int count = FirstCount(_train); ; count *= 2)
        {
            int[] some = [.. rows.Take(count)];
            ParityRecord parity = Compare(images.Features.Rows(some), some, images, classes, head);
            bool isLast = some.Length == rows.Length || !ParityCheck.CanStillHold(parity, rows.Length);
            if (isLast || ParityCheck.Holds(parity)) return parity;
        }
    }

    private ParityRecord Compare(FeatureMatrix int8, int[] rows, FeaturizedImages images, int[] classes, HeadFit head) => ParityCheck.Compare(
        int8, _fp32.Of([.. rows.Select(row => images.Images[row])]), features => LinearScores.Logits(head, features), [.. rows.Select(row => classes[row])]);

    // The layers whose return to fp32 brings the features nearest to fp32's, more and more of them until the check holds.
    private ParityVerdict? FindMixed(int[] rows, FeaturizedImages images, int[] classes, HeadFit head)
    {
        int[] few = [.. rows.Take(SuspectImageCount)];
        FeatureMatrix target = _fp32.Of([.. few.Select(row => images.Images[row])]);
        string[] suspects =
        [
            .. LayerErrors.OrderByDescending(error => error.Total).Take(SuspectCount)
                .Select(error => (error.Layer, Distance: Distance(Featurize(_quantizer.Quantize([error.Layer]), few, images), target)))
                .OrderBy(trial => trial.Distance)
                .Select(trial => trial.Layer),
        ];
        foreach (int count in KeptCounts)
        {
            string[] kept = [.. suspects.Take(count)];
            Backbone network = _quantizer.Quantize(kept);
            ParityRecord parity = Compare(Featurize(network, rows, images), rows, images, classes, head);
            if (ParityCheck.Holds(parity)) return new ParityVerdict(network, kept, parity);
        }

        return null;
    }

    private FeatureMatrix Featurize(Backbone network, int[] rows, FeaturizedImages images)
    {
        using Featurizer featurizer = _context.CreateFeaturizer(network);
        LabeledImage[] wanted = [.. rows.Select(row => images.Images[row])];
        FeaturizedImages result = featurizer.Featurize(_train.Subset(wanted), progress: null, _context.CancellationToken);
        Dictionary<string, int> found = RowsByPath(result);
        return result.Features.Rows([.. wanted.Select(image => found[image.Path])]);
    }

    // A list may name one file twice.
    private static Dictionary<string, int> RowsByPath(FeaturizedImages images) =>
        images.Images.Index().DistinctBy(pair => pair.Item.Path).ToDictionary(pair => pair.Item.Path, pair => pair.Index, StringComparer.Ordinal);

    private static double Distance(FeatureMatrix a, FeatureMatrix b) => TensorPrimitives.Distance(a.Values, b.Values);
}

/// <summary>What a trial has come to.</summary>
/// <param name="Network">The network to use, or null where fp32 has to be.</param>
/// <param name="Fp32Layers">Its layers that stay in fp32.</param>
/// <param name="Parity">The comparison with fp32; null where there was no image for it.</param>
internal sealed record ParityVerdict(Backbone? Network, IReadOnlyList<string> Fp32Layers, ParityRecord? Parity);
