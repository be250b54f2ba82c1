using ImageTrainer.Networks;

namespace ImageTrainer.Tests.Networks;

[TestClass]
public sealed class ResNetArchitectureTests
{
    [TestMethod]
    public void Convolutions_ResNet50_AreFiftyTwoAndFourProjectionsCountedIn()
    {
        ResNetArchitecture resnet50 = ResNetArchitecture.All.Single(known => known.Name == "resnet50");

        ConvolutionLayer[] layers = [.. resnet50.Convolutions];

        Assert.HasCount(49 + 4, layers);
        Assert.HasCount(4, layers.Where(layer => layer.Name.EndsWith("shortcut", StringComparison.Ordinal)).ToArray());
        Assert.AreEqual(layers.Length, layers.Select(layer => layer.Name).Distinct().Count());
    }

    [TestMethod]
    public void Blocks_ResNet50_HaveTheirStrideInThe3x3()
    {
        ResNetArchitecture resnet50 = ResNetArchitecture.All.Single(known => known.Name == "resnet50");

        ResidualBlock block = resnet50.Blocks.Single(block => block.Name == "stage2.block1");

        CollectionAssert.AreEqual(new[] { 1, 2, 1 }, block.Residual.Select(layer => layer.Stride).ToArray());
        CollectionAssert.AreEqual(new[] { 1, 3, 1 }, block.Residual.Select(layer => layer.KernelSize).ToArray());
        Assert.AreEqual("layer2.0.downsample.0", block.Shortcut!.KernelKey);
    }

    [TestMethod]
    public void Blocks_ResNet18_ProjectOnlyWhereShapesChange()
    {
        ResNetArchitecture resnet18 = ResNetArchitecture.All.Single(known => known.Name == "resnet18");

        string[] projected = [.. resnet18.Blocks.Where(block => block.Shortcut is not null).Select(block => block.Name)];

        CollectionAssert.AreEqual(new[] { "stage2.block1", "stage3.block1", "stage4.block1" }, projected);
    }
}
