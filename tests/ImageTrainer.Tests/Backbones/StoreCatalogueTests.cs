using ImageTrainer.Backbones;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Backbones;

/// <summary>The catalogue that comes with the assembly.</summary>
[TestClass]
public sealed class StoreCatalogueTests
{
    private static IEnumerable<BackboneDescriptor> Downloadable => BackboneCatalogue.Default.Downloadable.Select(entry => entry.Descriptor);

    [TestMethod]
    public void Names_AreTheResNetFamilyBestFirst() => CollectionAssert.AreEqual(
        new[]
        {
            "resnet50", "resnet101", "resnet152", "resnet50-v2", "resnet101-v2", "resnet152-v2", "resnet34", "resnet18", "resnet18-mlnet",
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
    public void Packaged_HasTermsThatSuitProducts()
    {
        BackboneDescriptor packaged = BackboneCatalogue.Default.Packaged.Descriptor;

        Assert.StartsWith("MIT", packaged.License);
        Assert.AreEqual(ChannelOrder.Bgr, packaged.ChannelOrder);
        Assert.AreEqual(64, packaged.Sha256!.Length);
    }
}
