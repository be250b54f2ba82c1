using ImageTrainer.Graphs;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Makes the graph of a ResNet from the tensors of a file.</summary>
internal static class ResNetLoader
{
    /// <summary>Recognises the network, checks every tensor, and builds the graph; one layer's tensors are read at a time.</summary>
    /// <param name="weights">The file's tensors.</param>
    /// <param name="descriptor">Normalisation, and the architecture where it is known.</param>
    /// <param name="imageSize">H and W in pixels.</param>
    /// <exception cref="BackboneException">The tensors are not those of a known ResNet, or cannot be read.</exception>
    public static LoadedNetwork Load(WeightSet weights, BackboneDescriptor descriptor, int imageSize)
    {
        WeightSet plain = ResNetRecognition.Unwrap(weights);
        ResNetArchitecture architecture = ResNetRecognition.Recognize(plain, descriptor.Architecture);
        ResNetMismatch.Check(plain, architecture);
        var tensors = new ResNetTensors(plain);
        var graph = new GraphBuilder(architecture.Name);
        GraphTensor image = graph.AddNormalizedPixels("normalize", (imageSize, imageSize), descriptor.Mean, descriptor.StandardDeviation);
        graph.Output(graph.AddResNet(architecture, image, tensors.Read));
        return new LoadedNetwork(architecture.Name, graph.Build(), tensors.ReadHead()) { KernelScales = tensors.KernelScales };
    }
}
