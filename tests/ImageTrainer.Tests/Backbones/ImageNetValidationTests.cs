using System.Globalization;
using ImageTrainer.Backbones;
using ImageTrainer.Imaging;
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

    [TestMethod]
    [TestCategory(TestData.Category)]
    [TestCategory("Slow")]
    [DataRow("resnet50", 1020)]
    [DataRow("resnet18", 968)]
    public void BuildPretrainedClassifier_CentreOf1300Photos_IsRightAsOftenAsPublished(string name, int expected)
    {
        string weights = TestData.Path("backbones", $"{name}-imagenet.safetensors");
        (string Path, int Label)[] photos = ReadList(TestData.Path("imagenet-val"));
        using FileStream content = File.OpenRead(weights);
        byte[] model = Backbone.Load(new BackboneDescriptor { Name = name, FileName = name }, weights, content).BuildPretrainedClassifier()!;

        int right = 0;
        using var session = new InferenceSession(model);
        foreach ((string Path, int Label)[] batch in photos.Chunk(BatchSize))
            right += CountRight(session, batch);

        Assert.HasCount(1300, photos);
        Assert.AreEqual(expected, right, CountTolerance);
    }

    private static (string Path, int Label)[] ReadList(string folder) =>
    [
        .. from line in File.ReadLines(Path.Combine(folder, "labels.csv")).Skip(1)
           let fields = line.Split(',')
           select (Path.Combine(folder, fields[0]), int.Parse(fields[1], CultureInfo.InvariantCulture)),
    ];

    private static int CountRight(InferenceSession session, (string Path, int Label)[] batch)
    {
        var reader = new ImageReader();
        float[] pixels = [.. batch.SelectMany(photo => CropCentre(reader.Read(photo.Path)))];
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(pixels, [batch.Length, 3, Side, Side]);
        using var options = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> results = session.Run(options, ["Pixels"], [input], ["Logits"]);
        float[] logits = results[0].GetTensorDataAsSpan<float>().ToArray();
        return batch.Where((photo, i) => IndexOfMax(logits.AsSpan(i * 1000, 1000)) == photo.Label).Count();
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
