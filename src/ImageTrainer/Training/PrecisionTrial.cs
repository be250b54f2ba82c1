using System.Globalization;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Graphs;
using ImageTrainer.Models;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;
using ImageTrainer.Training.Heads;

namespace ImageTrainer.Training;

/// <summary>What a trial has come to.</summary>
/// <param name="Network">The network to use, or null where fp32 has to be.</param>
/// <param name="Fp32Layers">Its layers that stay in fp32.</param>
/// <param name="Parity">The comparison with fp32; null where there was no image for it.</param>
internal sealed record ParityVerdict(Backbone? Network, IReadOnlyList<string> Fp32Layers, ParityRecord? Parity);

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
    private const int LeastDrawnCount = 16;

    // Unreadable images may leave less than the half of those drawn that is not calibrated on; from fewer than these nobody can tell anything.
    private const int LeastParityCount = 4;

    private readonly TrainingSession _session;
    private readonly ReferenceFeatures _fp32;
    private readonly NetworkQuantizer _quantizer;
    private readonly LabeledImage[] _unseen;
    private IReadOnlyList<LayerError>? _layerErrors;

    private PrecisionTrial(TrainingSession session, ReferenceFeatures fp32, NetworkQuantizer quantizer, LabeledImage[] unseen)
    {
        (_session, _fp32, _quantizer, _unseen) = (session, fp32, quantizer, unseen);
        Network = quantizer.Quantize([]);
    }

    /// <summary>The backbone with every layer in int8.</summary>
    public Backbone Network { get; }

    /// <summary>What quantizing does to each layer.</summary>
    public IReadOnlyList<LayerError> LayerErrors => _layerErrors ??= _quantizer.LayerErrors;

    /// <summary>Calibrates a backbone.</summary>
    /// <param name="session">The fit, whose training images are drawn from.</param>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <param name="whyNot">Where it is null: why the network stays in fp32, as one clause.</param>
    /// <exception cref="DeviceException">int8 was asked for together with a GPU.</exception>
    /// <exception cref="BackboneException">int8 was asked for, and there is nothing to quantize or no image to calibrate on.</exception>
    public static PrecisionTrial? Start(TrainingSession session, Backbone backbone, out string whyNot)
    {
        IReadOnlyList<LabeledImage> train = session.Train.Images;
        QuantizablePart part = NetworkQuantizer.FindPart(backbone);
        LabeledImage[] drawn = [.. SampleOrder.Draw(train.Select(image => image.Label), session.Options.Seed).Select(index => train[index])];
        whyNot = FindObstacle(session, part, drawn.Length) ?? "";
        PrecisionTrial? trial = null;
        if (whyNot.Length == 0)
        {
            trial = Calibrate(session, backbone, part, drawn);
            whyNot = trial is null ? "none of the images drawn to calibrate int8 on can be read" : "";
        }

        if (trial is null && session.Options.Precision == NetworkPrecision.Int8) throw Refusal(session, backbone, whyNot);
        return trial;
    }

    /// <summary>Refuses int8 that was asked for and cannot be had, before anybody has trained for it.</summary>
    /// <exception cref="DeviceException">int8 was asked for together with a GPU.</exception>
    /// <exception cref="BackboneException">int8 was asked for, and there is nothing to quantize.</exception>
    public static void CheckPossible(TrainingSession session, Backbone backbone)
    {
        if (session.Options.Precision != NetworkPrecision.Int8) return;
        if (FindObstacle(session, NetworkQuantizer.FindPart(backbone), LeastDrawnCount) is { } obstacle) throw Refusal(session, backbone, obstacle);
    }

    /// <summary>Checks the int8 network with the features that it gave for the training images.</summary>
    /// <param name="fitted">Those features, and the head fitted on all of them, whose L2 strength is taken.</param>
    public ParityVerdict Check(FittedHead fitted)
    {
        int[] rows = PrecisionComparison.ChooseRows(_unseen, fitted);
        return IsTooFew(rows.Length)
            ? Unchecked
            : Judge(rows, fitted with { Head = PrecisionComparison.FitWithout(rows, fitted, _session) });
    }

    /// <summary>Checks the int8 network under a head that stays as it is.</summary>
    /// <param name="head">The head.</param>
    public ParityVerdict Check(HeadFit head)
    {
        using Featurizer int8 = _session.CreateFeaturizer(Network);
        LabeledImage[] some = [.. _unseen.Take(PrecisionComparison.MostImageCount)];
        FeaturizedImages images = int8.Featurize(_session.Train.Subset(some), progress: null, _session.CancellationToken);
        return IsTooFew(images.Images.Count)
            ? Unchecked
            : Judge([.. Enumerable.Range(0, images.Images.Count)], new FittedHead(images, _session.ClassesOf(images), head));
    }

    /// <summary>Says in one clause what a verdict comes to, and what the manifest keeps of it.</summary>
    public PrecisionChoice Describe(ParityVerdict verdict)
    {
        string comparison = verdict.Parity is { } parity ? Describe(parity) : "no image was left to check it on";
        if (verdict.Network is null)
            return new PrecisionChoice(
                NetworkPrecision.Fp32, verdict.Parity is null ? "too few of the images to check int8 on can be read" : $"int8 differs too much from fp32: {comparison}");
        string asked = IsAskedFor ? "asked for; " : "";
        string kept = verdict.Fp32Layers.Count == 0 ? "" : $"; in fp32 stay {string.Join(", ", verdict.Fp32Layers)}";
        string bits = _quantizer.WeightBits == 8 ? "" : "; 7-bit weights, since this processor is not exact with 8";
        var record = new QuantizationRecord(_quantizer.WeightBits, _quantizer.CalibrationImageCount, verdict.Fp32Layers, verdict.Parity);
        return new PrecisionChoice(NetworkPrecision.Int8, asked + comparison + kept + bits, record);
    }

    /// <summary>Frees the fp32 network that it compared with.</summary>
    public void Dispose() => _fp32.Dispose();

    // Where int8 was asked for it is taken as it is, and compared on what there is.
    private bool IsTooFew(int count) => count < (IsAskedFor ? 1 : LeastParityCount);

    private ParityVerdict Unchecked => new(IsAskedFor ? Network : null, [], null);

    private bool IsAskedFor => _session.Options.Precision == NetworkPrecision.Int8;

    private ParityVerdict Judge(int[] rows, FittedHead fitted)
    {
        var comparison = new PrecisionComparison(_session, _fp32, rows, fitted);
        ParityRecord parity = comparison.Compare(FirstCount(_session));
        if (ParityCheck.Holds(parity) || IsAskedFor)
            return new ParityVerdict(Network, [], parity);
        bool isSound = parity.FeatureCosine >= ParityCheck.SoundCosine;
        return (isSound ? null : comparison.FindMixed(_quantizer, LayerErrors)) ?? new ParityVerdict(null, [], parity);
    }

    private static string Describe(ParityRecord parity) => string.Create(
        CultureInfo.InvariantCulture,
        $"{parity.LabelAgreement:0.0%} of {parity.ImageCount} images get the label they get in fp32, "
        + $"accuracy {parity.Int8Accuracy:0.000} against {parity.Fp32Accuracy:0.000}, cosine of features {parity.FeatureCosine:0.000}");

    private static string? FindObstacle(TrainingSession session, QuantizablePart part, int drawnCount)
    {
        if (session.Options.Precision == NetworkPrecision.Fp32) return "asked for";
        if (session.Device.Device.Kind == DeviceKind.Cuda) return "int8 is for the CPU";
        if (part.Layers.Length == 0) return "it has no convolution with constant weights to quantize";
        if (part.Graph.OperatorSets.GetValueOrDefault("") is < OperatorSetUpgrade.Version and var version)
            return string.Create(CultureInfo.InvariantCulture, $"its ONNX operator set {version} is older than {OperatorSetUpgrade.Version} and cannot be converted");
        bool isAuto = session.Options.Precision == NetworkPrecision.Auto;
        return isAuto && drawnCount < LeastDrawnCount ? "there are too few images to check int8 on" : null;
    }

    private static ImageTrainerException Refusal(TrainingSession session, Backbone backbone, string whyNot) =>
        session.Device.Device.Kind == DeviceKind.Cuda
            ? new DeviceException(session.Device.Device, whyNot)
            : new BackboneException(backbone.Descriptor.Name, $"The backbone '{backbone.Descriptor.Name}' cannot run in int8: {whyNot}. Use --precision fp32.");

    private static PrecisionTrial? Calibrate(TrainingSession session, Backbone backbone, QuantizablePart part, LabeledImage[] drawn)
    {
        session.Report(new TrainingProgress.Calibrating());
        // Where no class can spare an image for the check, all of them serve to calibrate on.
        IReadOnlyList<LabeledImage> images = drawn.Length > 0 ? drawn : session.Train.Images;
        int count = Math.Clamp(session.Train.Images.Count / ShareOfImages, LeastCalibrationCount, MostCalibrationCount);
        PrecisionTrial? trial = null;
        var fp32 = new ReferenceFeatures(session.Train, () => session.CreateFeaturizer(backbone), session.CancellationToken);
        try
        {
            // The check will need it, and until the int8 network is there a core has nothing to do.
            var draw = new CalibrationDraw(session.Train, images, Math.Min(count, (images.Count + 1) / 2));
            if (TrialCalibration.Get(session, backbone, part, draw, fp32.Load) is not { } found) return null;
            LabeledImage[] unseen = [.. drawn.Skip(found.DrawnCount)];
            fp32.Begin([.. unseen.Take(FirstCount(session))]);
            var quantizer = new NetworkQuantizer(backbone, part, found.Calibration, IntegerArithmetic.IsExact ? 8 : 7);
            return trial = new PrecisionTrial(session, fp32, quantizer, unseen);
        }
        finally
        {
            if (trial is null) fp32.Dispose();
        }
    }

    private static int FirstCount(TrainingSession session) =>
        Math.Clamp(session.Train.Images.Count / ShareOfImages, FirstParityCount, PrecisionComparison.MostImageCount);
}
