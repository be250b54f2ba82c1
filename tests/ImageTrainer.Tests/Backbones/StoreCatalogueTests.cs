using System.Security.Cryptography;
using ImageTrainer.Backbones;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Backbones;

/// <summary>The catalogue that comes with the assembly, and the weights built in.</summary>
[TestClass]
public sealed class StoreCatalogueTests
{
    private static IEnumerable<BackboneDescriptor> Downloadable => BackboneCatalogue.Default.Downloadable.Select(entry => entry.Descriptor);

    [TestMethod]
    public void Names_AreTheResNetFamilyBestFirst() => CollectionAssert.AreEqual(
        new[]
        {
            "resnet50", "resnet101", "resnet152", "resnet50-v2", "resnet101-v2", "resnet152-v2", "resnet34", "resnet18", "resnet10-tiny",
        },
        BackboneCatalogue.Default.Entries.Select(entry => entry.Descriptor.Name).ToArray());

    [TestMethod]
    public void Entries_HaveNoFaults()
    {
        string[] faults = [.. BackboneCatalogue.Default.Entries.SelectMany(entry => BackboneDescriptorFile.Faults(entry.Descriptor))];

        Assert.IsEmpty(faults);
    }

    [TestMethod]
    public void Downloadable_FileNamesCarryTheirChecksum()
    {
        foreach (BackboneDescriptor descriptor in Downloadable)
        {
            Assert.AreEqual($"{descriptor.Architecture}-{descriptor.Sha256![..8]}.pth", descriptor.FileName);
            Assert.AreEqual($"https://download.pytorch.org/models/{descriptor.FileName}", descriptor.Address!.ToString());
            Assert.IsTrue(descriptor.Sha256.Length is 8 or 64, descriptor.Name);
        }
    }

    [TestMethod]
    public void Downloadable_SayTheirTermsAndPreprocessing()
    {
        foreach (BackboneDescriptor descriptor in Downloadable)
        {
            Assert.Contains("BSD-3-Clause", descriptor.License);
            Assert.Contains("ImageNet", descriptor.License);
            Assert.AreEqual(descriptor.Name.EndsWith("-v2", StringComparison.Ordinal) ? 224 : 256, descriptor.ImageSize);
            Assert.AreEqual(ResizeMode.Crop, descriptor.ResizeMode);
            CollectionAssert.AreEqual(new[] { 0.485f, 0.456f, 0.406f }, descriptor.Mean.ToArray());
            CollectionAssert.AreEqual(new[] { 0.229f, 0.224f, 0.225f }, descriptor.StandardDeviation.ToArray());
        }
    }

    [TestMethod]
    public void Checksums_AreDifferent() => Assert.HasCount(
        9, BackboneCatalogue.Default.Entries.Select(entry => entry.Descriptor.Sha256![..8]).Distinct().ToArray());

    [TestMethod]
    public void EmbeddedWeights_HaveTheirChecksum()
    {
        using Stream weights = BackboneCatalogue.OpenEmbeddedWeights();

        string digest = Convert.ToHexStringLower(SHA256.HashData(weights));

        Assert.AreEqual("d0dc805ab5283ca4c39869be16ec40257f55fdc9ba04661416f03f632ce09f98", digest);
        Assert.AreEqual(digest, BackboneCatalogue.Default.Embedded.Descriptor.Sha256);
        Assert.AreEqual(128, BackboneCatalogue.Default.Embedded.Descriptor.ImageSize);
    }
}
