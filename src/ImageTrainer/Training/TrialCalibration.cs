using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Training;

/// <summary>The calibration that a trial begins with.</summary>
/// <param name="Calibration">The ranges.</param>
/// <param name="DrawnCount">How many of the images that were offered have been used, or passed over as unreadable.</param>
internal sealed record TrialCalibration(Calibration Calibration, int DrawnCount)
{
    /// <summary>Takes the calibration of an earlier run with the same network and images, or makes one.</summary>
    /// <param name="session">The fit.</param>
    /// <param name="backbone">The backbone in fp32.</param>
    /// <param name="part">What of it can be quantized.</param>
    /// <param name="draw">The images to calibrate on.</param>
    /// <param name="making">Called when there is none yet, before one is made.</param>
    /// <returns>Null where no image can be read.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static TrialCalibration? Get(
        TrainingSession session, Backbone backbone, QuantizablePart part, CalibrationDraw draw, Action making)
    {
        string? path = FindPath(session, backbone, draw);
        if (path is not null && Calibration.TryLoad(path, part.Activations.Length) is { } known) return new TrialCalibration(known, draw.Count);
        making();
        int threadCount = session.Options.ThreadCount;
        using var network = new LoadAhead<ObservedNetwork>(() => new ObservedNetwork(part.Graph, part.Activations));
        network.Begin();
        CalibrationImages read = CalibrationImages.Read(draw.Images, backbone.Preprocessing, draw.Count, threadCount, session.CancellationToken);
        if (read.Pixels.Count == 0) return null;
        Calibration calibration = Calibration.Run(network.Value, read.Pixels, threadCount, session.CancellationToken);
        // Where one was unreadable another was taken, which the name does not tell.
        if (path is not null && read.DrawnCount == draw.Count) calibration.Save(path);
        return new TrialCalibration(calibration, read.DrawnCount);
    }

    // Ranges depend on the network, the images and how these become pixels. Null where there is no cache, a file cannot be
    // read, or the network has been trained and will hardly come again.
    private static string? FindPath(TrainingSession session, Backbone backbone, CalibrationDraw draw)
    {
        if (session.Options.FeatureCache is not { } cache || backbone.HasOwnWeights) return null;
        try
        {
            IEnumerable<ContentHash> hashes = draw.Images.Take(draw.Count).Select(image => draw.Dataset.FindHash(image) ?? ContentHasher.HashFile(image.Path, session.CancellationToken));
            BackboneDescriptor descriptor = backbone.Descriptor;
            string text = string.Create(
                CultureInfo.InvariantCulture,
                $"{backbone.Sha256} {descriptor.Name} {descriptor.FeatureTensor} {backbone.Preprocessing} {Featurizer.ImagingVersion} "
                + $"{Join(descriptor.Mean)} {Join(descriptor.StandardDeviation)} {OnnxEnvironment.Instance.GetVersionString()} {Join(hashes)}");
            return Path.Combine(cache.Folder, "calibrations", $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}.txt");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Join<T>(IEnumerable<T> values) => string.Join(' ', values.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)));
}

/// <summary>Images to calibrate on.</summary>
/// <param name="Dataset">The data set that they are of.</param>
/// <param name="Images">Images to draw from, in order.</param>
/// <param name="Count">How many to calibrate on: the first ones that can be read.</param>
internal sealed record CalibrationDraw(ImageDataset Dataset, IReadOnlyList<LabeledImage> Images, int Count);
