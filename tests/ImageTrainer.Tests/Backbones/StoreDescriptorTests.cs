using System.Text;
using FsCheck;
using FsCheck.Fluent;
using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones;

/// <summary>Descriptors beside weights: read back as written, and refused with a reason when they are none.</summary>
[TestClass]
public sealed class StoreDescriptorTests
{
    private const string Good = """
        { "name": "ours", "architecture": "resnet18", "fileName": "ours.pth", "address": "https://example.org/ours.pth",
          "sha256": "0123456789abcdef", "license": "ours", "source": "us", "imageSize": 96, "resizeMode": "Fill",
          "mean": [0.5, 0.5, 0.5], "standardDeviation": [0.25, 0.25, 0.25], "featureTensor": "pool" }
        """;

    [TestMethod]
    public void Write_ThenRead_GivesTheSame()
    {
        using var folder = new TemporaryFolder();
        BackboneDescriptor descriptor = Parse(Good);

        BackboneDescriptorFile.Write(folder.Combine("ours.pth.json"), descriptor);
        BackboneDescriptor? read = BackboneDescriptorFile.ReadBeside(folder.Combine("ours.pth"));

        Assert.IsNotNull(read);
        Assert.AreEqual(descriptor, read with { Mean = descriptor.Mean, StandardDeviation = descriptor.StandardDeviation });
        CollectionAssert.AreEqual(descriptor.Mean.ToArray(), read.Mean.ToArray());
        CollectionAssert.AreEqual(descriptor.StandardDeviation.ToArray(), read.StandardDeviation.ToArray());
    }

    [TestMethod]
    public void Parse_ByteOrderMark_IsSkipped() => Assert.AreEqual("ours", Parse('\uFEFF' + Good).Name);

    [TestMethod]
    [DataRow("", "does not contain any JSON")]
    [DataRow("null", "null")]
    [DataRow("[]", "could not be converted")]
    [DataRow("{}", "name")]
    [DataRow("""{ "name": "a" }""", "fileName")]
    [DataRow("""{ "name": null, "fileName": "a" }""", "name")]
    [DataRow("""{ "name": "../a", "fileName": "a" }""", "name must be")]
    [DataRow("""{ "name": "a", "fileName": "../a" }""", "fileName must be a name without folders")]
    [DataRow("""{ "name": "a", "fileName": "a", "sha256": "xyz" }""", "sha256 must be")]
    [DataRow("""{ "name": "a", "fileName": "a", "address": "file:///etc/passwd" }""", "address must begin with")]
    [DataRow("""{ "name": "a", "fileName": "a", "address": "a/b" }""", "address must begin with")]
    [DataRow("""{ "name": "a", "fileName": "a", "imageSize": 31 }""", "imageSize must be 32 to 4096 and not 31")]
    [DataRow("""{ "name": "a", "fileName": "a", "imageSize": "224" }""", "imageSize")]
    [DataRow("""{ "name": "a", "fileName": "a", "imageSize": 1e99 }""", "imageSize")]
    [DataRow("""{ "name": "a", "fileName": "a", "resizeMode": "Zoom" }""", "resizeMode")]
    [DataRow("""{ "name": "a", "fileName": "a", "resizeMode": 7 }""", "resizeMode")]
    [DataRow("""{ "name": "a", "fileName": "a", "mean": [1, 2] }""", "mean must be three numbers")]
    [DataRow("""{ "name": "a", "fileName": "a", "mean": [1, 2, 1e999] }""", "mean must be three numbers")]
    [DataRow("""{ "name": "a", "fileName": "a", "standardDeviation": [1, 1, 0] }""", "standardDeviation must be three numbers above 0")]
    [DataRow("""{ "name": "a", "fileName": "a", "imageSise": 96 }""", "imageSise")]
    public void Parse_NoDescriptor_SaysWhatIsWrong(string json, string fault)
    {
        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => Parse(json));

        Assert.StartsWith("ours.json is not a backbone descriptor: ", error.Message);
        Assert.Contains(fault, error.Message);
    }

    [TestMethod]
    public void Parse_SeveralFaults_AreAllNamed()
    {
        BackboneException error = Assert.ThrowsExactly<BackboneException>(
            () => Parse("""{ "name": "a", "fileName": "a", "imageSize": 1, "mean": [], "sha256": "" }"""));

        Assert.Contains("imageSize", error.Message);
        Assert.Contains("mean", error.Message);
        Assert.Contains("sha256", error.Message);
    }

    [TestMethod]
    public void ReadBeside_HugeFile_IsRefusedUnread()
    {
        using var folder = new TemporaryFolder();
        folder.Write("ours.pth.json", new byte[(1 << 20) + 1]);

        BackboneException error =
            Assert.ThrowsExactly<BackboneException>(() => BackboneDescriptorFile.ReadBeside(folder.Combine("ours.pth")));

        Assert.Contains("larger than 1 MiB", error.Message);
    }

    [TestMethod]
    public void Parse_AnyDamage_GivesADescriptorWithoutFaultsOrABackboneException()
    {
        Gen<(int Position, byte Value, int Cut)> damage =
            from position in Gen.Choose(0, Good.Length - 1)
            from value in Gen.Choose(0, 255)
            from cut in Gen.Choose(0, 2 * Good.Length)
            select (position, (byte)value, cut);

        Prop.ForAll(damage.ToArbitrary(), sample => EndsWell(Damaged(sample.Position, sample.Value, sample.Cut)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    private static BackboneDescriptor Parse(string json) => BackboneDescriptorFile.Parse(Encoding.UTF8.GetBytes(json), "ours.json");

    private static byte[] Damaged(int position, byte value, int cut)
    {
        byte[] json = Encoding.UTF8.GetBytes(Good);
        json[position] = value;
        return json[..Math.Min(cut, json.Length)];
    }

    private static bool EndsWell(byte[] json)
    {
        try
        {
            return !BackboneDescriptorFile.Faults(BackboneDescriptorFile.Parse(json, "ours.json")).Any();
        }
        catch (BackboneException)
        {
            return true;
        }
    }
}
