using ImageTrainer.Backbones;
using ImageTrainer.Quantizing;

namespace ImageTrainer.Benchmarks.Peers;

/// <summary>Our ResNet-50 in fp32 and in int8, calibrated as a training run calibrates.</summary>
internal sealed class OurNetworks
{
    private const int CalibrationCount = 16;

    private OurNetworks(Backbone fp32, Backbone int8) => (Fp32, Int8) = (fp32, int8);

    /// <summary>As the weight file has it.</summary>
    public Backbone Fp32 { get; }

    /// <summary>Every layer in int8.</summary>
    public Backbone Int8 { get; }

    /// <summary>Reads the weights and calibrates on photos of the contest.</summary>
    public static OurNetworks Load(ContestOptions options)
    {
        ResolvedBackbone resolved = new BackboneStore(BackboneStoreOptions.FromEnvironment()).ResolveAsync(options.Weights).GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        Backbone fp32 = Backbone.Load(resolved.Descriptor, options.Weights, content, options.ImageSize);
        return new OurNetworks(fp32, Quantize(fp32, options));
    }

    private static Backbone Quantize(Backbone backbone, ContestOptions options)
    {
        CalibrationImages images = CalibrationImages.Read(options.Sample(CalibrationCount).Images, backbone.Preprocessing, CalibrationCount, options.ThreadCount, CancellationToken.None);
        return UntrainedModel.Quantize(backbone, images.Pixels, options.ThreadCount);
    }
}
