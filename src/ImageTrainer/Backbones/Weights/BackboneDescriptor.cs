using ImageTrainer.Imaging;

namespace ImageTrainer.Backbones;

/// <summary>Order of an image's channels in a network's input.</summary>
public enum ChannelOrder
{
    /// <summary>Red, green, blue: PyTorch's networks and most others.</summary>
    Rgb,

    /// <summary>Blue, green, red: networks of Caffe and CNTK.</summary>
    Bgr,
}

/// <summary>What is known of a pretrained network beside its tensors: where it comes from, on what terms, and what it wants to see.</summary>
public sealed record BackboneDescriptor
{
    /// <summary>Short name, as typed after <c>--backbone</c>: "resnet50".</summary>
    public required string Name { get; init; }

    /// <summary>Name of the network ("resnet50"), or null where the tensors are to tell.</summary>
    public string? Architecture { get; init; }

    /// <summary>File name under which the weights are looked for and kept.</summary>
    public required string FileName { get; init; }

    /// <summary>The publisher's address of the file, or null where there is none to download.</summary>
    public Uri? Address { get; init; }

    /// <summary>SHA-256 of the file in lower-case hex: all 64 digits or the first 8 that publishers put in file names; null where unknown.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Licence of the weights, in one line.</summary>
    public string License { get; init; } = "unknown; ask whoever gave you the file";

    /// <summary>Who made the weights and from what data, in one line.</summary>
    public string Source { get; init; } = "a file of the user's";

    /// <summary>Default side of the square input in pixels, 32 or more; default 224.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>How images are brought to that square; default <see cref="ResizeMode.Crop"/>.</summary>
    public ResizeMode ResizeMode { get; init; } = ResizeMode.Crop;

    /// <summary>Mean per channel of RGB / 255, subtracted first; default ImageNet's.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Standard deviation per channel of RGB / 255, divided by next; default ImageNet's.</summary>
    public IReadOnlyList<float> StandardDeviation { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>Order in which the network takes the channels; default <see cref="ChannelOrder.Rgb"/>. Mean and deviation stay in that of RGB.</summary>
    public ChannelOrder ChannelOrder { get; init; }

    /// <summary>For ONNX files: the name of the feature tensor, or null for the input of the last Gemm or MatMul, else the last mean over space.</summary>
    public string? FeatureTensor { get; init; }
}

/// <summary>Pretrained weights cannot be found, downloaded or used.</summary>
public sealed class BackboneException : ImageTrainerException
{
    /// <summary>Describes one unusable backbone.</summary>
    /// <param name="name">The backbone's name or the path of its file, as the caller gave it.</param>
    /// <param name="message">Whole sentences: what is wrong, where, and exactly which file to put where.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public BackboneException(string name, string message, Exception? innerException = null)
        : base(message, innerException) => Name = name;

    /// <summary>The backbone's name or the path of its file, as the caller gave it.</summary>
    public string Name { get; }
}
