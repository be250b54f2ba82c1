using System.Globalization;
using ImageTrainer.Backbones;
using ImageTrainer.Imaging;
using ImageTrainer.Quantizing;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Tests.Backbones;

/// <summary>Real weights on real photos, held against the accuracy that their README states for exactly these files.</summary>
[TestClass]
public sealed class ImageNetValidationTests
{
    private const int BatchSize = 20;
    private const int StoredSide = 227;
    private const int Side = 224;

    // The figures, like the golden pixels, cut 2 pixels off the top and left and 1 off the bottom and right: torchvision's centre,
    // which rounds 1.5 to even.
    private const int Margin = 2;
    private const int CountTolerance = 3;

    // Bounds on what int8 may change: half a point of accuracy, 4 % of the labels.
    private const double GreatestLoss = 0.005;
    private const double LeastAgreement = 0.96;
    private const int CalibrationCount = 16;

    [TestMethod]
    [TestCategory(TestData.Category)]
    [TestCategory("Slow")]
    [DataRow("resnet50", 1020)]
    [DataRow("resnet18", 968)]
    public void BuildPretrainedClassifier_CentreOf1300Photos_IsRightAsOftenAsPublishedAndInInt8(string name, int expected)
    {
        string weights = TestData.Path("backbones", $"{name}-imagenet.safetensors");
        (string Path, int Label)[] photos = ReadList(TestData.Path("imagenet-val"));
        using FileStream content = File.OpenRead(weights);
        Backbone backbone = Backbone.Load(new BackboneDescriptor { Name = name, FileName = name, ImageSize = Side }, weights, content);

        int[] labels = Predict(backbone, photos);
        int[] quantized = Predict(Quantize(backbone, photos), photos);

        Assert.HasCount(1300, photos);
        int right = CountEqual(labels, [.. photos.Select(photo => photo.Label)]);
        Assert.AreEqual(expected, right, CountTolerance);
        Assert.AreEqual(right, CountEqual(quantized, [.. photos.Select(photo => photo.Label)]), GreatestLoss * photos.Length);
        Assert.IsGreaterThanOrEqualTo(LeastAgreement * photos.Length, CountEqual(quantized, labels));
    }

    private static Backbone Quantize(Backbone backbone, (string Path, int Label)[] photos)
    {
        QuantizablePart part = NetworkQuantizer.FindPart(backbone);
        var reader = new ImageReader();
        float[][] images = [.. photos.Where((_, i) => i % (photos.Length / CalibrationCount) == 0).Select(photo => CropCentre(reader.Read(photo.Path)))];
        Calibration calibration = Calibration.Run(part, images, Environment.ProcessorCount, CancellationToken.None);
        return new NetworkQuantizer(backbone, part, calibration, weightBits: 8).Quantize([]);
    }

    private static int CountEqual(int[] a, int[] b) => a.Zip(b).Count(pair => pair.First == pair.Second);

    private static int[] Predict(Backbone backbone, (string Path, int Label)[] photos)
    {
        using var session = new InferenceSession(backbone.BuildPretrainedClassifier()!);
        return [.. photos.Chunk(BatchSize).SelectMany(batch => Predict(session, batch))];
    }

    private static (string Path, int Label)[] ReadList(string folder) =>
    [
        .. from line in File.ReadLines(Path.Combine(folder, "labels.csv")).Skip(1)
           let fields = line.Split(',')
           select (Path.Combine(folder, fields[0]), int.Parse(fields[1], CultureInfo.InvariantCulture)),
    ];

    private static int[] Predict(InferenceSession session, (string Path, int Label)[] batch)
    {
        var reader = new ImageReader();
        float[] pixels = [.. batch.SelectMany(photo => CropCentre(reader.Read(photo.Path)))];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [batch.Length, 3, Side, Side]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["Pixels"], [input], ["Logits"]);
        float[] logits = results[0].GetTensorDataAsSpan<float>().ToArray();
        return [.. batch.Select((_, i) => IndexOfMax(logits.AsSpan(i * 1000, 1000)))];
    }

    private static int IndexOfMax(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.IndexOfMax(values);

    private static float[] CropCentre(RgbImage image)
    {
        Assert.AreEqual((StoredSide, StoredSide), (image.Width, image.Height));
        float[] planes = new float[3 * Side * Side];
        for (int i = 0; i < planes.Length; i++)
        {
            int channel = i / (Side * Side), y = i / Side % Side, x = i % Side;
            planes[i] = image.Pixels[((((y + Margin) * StoredSide) + x + Margin) * 3) + channel];
        }

        return planes;
    }
}
