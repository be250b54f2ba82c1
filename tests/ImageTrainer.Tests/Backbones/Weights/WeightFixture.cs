using ImageTrainer.Backbones;
using ImageTrainer.Backbones.Weights;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>Opens weight files made in memory.</summary>
internal static class WeightFixture
{
    public const string FileName = "weights.bin";

    public static BackboneDescriptor Descriptor { get; } = new() { Name = "test", FileName = FileName, ImageSize = 32 };

    public static WeightFile Open(byte[] content) => new(FileName, new MemoryStream(content));

    public static Backbone Load(byte[] content, int? imageSize = null, BackboneDescriptor? descriptor = null) =>
        Backbone.Load(descriptor ?? Descriptor, FileName, new MemoryStream(content), imageSize);

    public static BackboneException LoadFails(byte[] content, int? imageSize = null, BackboneDescriptor? descriptor = null) =>
        Assert.ThrowsExactly<BackboneException>(() => Load(content, imageSize, descriptor));
}
