using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageTrainer.Models;

namespace ImageTrainer.Quantizing;

/// <summary>What calibration has found.</summary>
/// <param name="Ranges">One for each of <see cref="QuantizablePart.Activations"/>, in that order.</param>
/// <param name="ImageCount">Number of images it was found on.</param>
internal sealed record Calibration(ImmutableArray<ActivationRange> Ranges, int ImageCount)
{
    private const string FirstLine = "ImageTrainer calibration 1";

    /// <summary>Runs a network over images and finds the range of each activation.</summary>
    /// <inheritdoc cref="Calibrator.Observe"/>
    public static Calibration Run(ObservedNetwork network, IReadOnlyList<float[]> images, int threadCount, CancellationToken cancellationToken)
    {
        ImmutableArray<ActivationHistogram> histograms = Calibrator.Observe(network, images, threadCount, cancellationToken);
        return new Calibration([.. ParallelMap.Run(histograms, RangeSearch.Find, threadCount, cancellationToken)], images.Count);
    }

    /// <summary>Does so with the fp32 network that is to be quantized.</summary>
    /// <param name="part">What of it can be quantized.</param>
    /// <param name="images">Each [3, H, W], RGB, 0..255.</param>
    /// <param name="threadCount">1 or more.</param>
    /// <param name="cancellationToken">Looked at between images.</param>
    public static Calibration Run(QuantizablePart part, IReadOnlyList<float[]> images, int threadCount, CancellationToken cancellationToken)
    {
        using var network = new ObservedNetwork(part.Graph, part.Activations);
        return Run(network, images, threadCount, cancellationToken);
    }

    /// <summary>Keeps the ranges for another run with the same network and images; a folder that cannot be written to is no fault.</summary>
    public void Save(string path)
    {
        try
        {
            byte[] content = Encoding.UTF8.GetBytes(ToText());
            ReplacedFile.Write(path, stream =>
            {
                stream.Write(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(content)) + "\n"));
                stream.Write(content);
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next run calibrates again.
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote; null where there is nothing, or it is damaged or of another form.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="rangeCount">How many ranges there have to be.</param>
    public static Calibration? TryLoad(string path, int rangeCount)
    {
        try
        {
            string[] parts = File.ReadAllText(path).Split('\n', 2);
            bool isWhole = parts.Length == 2 && parts[0] == Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts[1])));
            return isWhole && FromText(parts[1]) is { } calibration && calibration.Ranges.Length == rangeCount ? calibration : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string ToText()
    {
        IEnumerable<string> lines = Ranges.Select(range => string.Create(
            CultureInfo.InvariantCulture, $"{range.Range.Scale:R} {range.Range.ZeroPoint} {range.Error:R}"));
        return string.Join('\n', [FirstLine, ImageCount.ToString(CultureInfo.InvariantCulture), .. lines]);
    }

    // Behind a checksum: the text is one that ToText made, if its first line is.
    private static Calibration? FromText(string text)
    {
        string[] lines = text.Split('\n');
        if (lines[0] != FirstLine) return null;
        return new Calibration([.. lines.Skip(2).Select(ReadRange)], int.Parse(lines[1], CultureInfo.InvariantCulture));
    }

    private static ActivationRange ReadRange(string line)
    {
        string[] fields = line.Split(' ');
        var range = new QuantizationRange(float.Parse(fields[0], CultureInfo.InvariantCulture), byte.Parse(fields[1], CultureInfo.InvariantCulture));
        return new ActivationRange(range, double.Parse(fields[2], CultureInfo.InvariantCulture));
    }
}
