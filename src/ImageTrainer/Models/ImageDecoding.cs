using System.ComponentModel;
using System.Runtime.InteropServices;
using ImageTrainer.Imaging;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using Microsoft.ML.Transforms.Image;

namespace ImageTrainer.Models;

/// <summary>
/// Decodes images in a saved chain whose input is the bytes of files: ML.NET has no step for that. It finds this class by the name of its
/// contract, in this assembly, which the program that loads such a chain has to have beside it.
/// </summary>
[CustomMappingFactoryAttribute(ContractName)]
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ImageDecoding : CustomMappingFactory<ImageDecoding.Encoded, ImageDecoding.Decoded>
{
    internal const string ContractName = "ImageTrainer.ImageDecoding";

    private static readonly ImageReader Reader = new();

    /// <summary>Decodes one row; what <see cref="ImageReader"/> refuses ends with its exception.</summary>
    public override Action<Encoded, Decoded> GetMapping() =>
        (encoded, decoded) => decoded.ImageTrainerDecoded = ToImage(Reader.Read(encoded.ImageTrainerEncoded));

    internal static MLImage ToImage(RgbImage image)
    {
        int[] pixels = new int[image.Width * image.Height];
        for (int i = 0; i < pixels.Length; i++)
        {
            int at = 3 * i;
            // B, G, R, A in memory on little-endian machines, the only ones ML.NET's natives are for.
            pixels[i] = image.Pixels[at + 2] | (image.Pixels[at + 1] << 8) | (image.Pixels[at] << 16) | (0xFF << 24);
        }

        return MLImage.CreateFromPixels(image.Width, image.Height, MLPixelFormat.Bgra32, MemoryMarshal.AsBytes(pixels.AsSpan()));
    }

    /// <summary>What goes in. ML.NET takes the columns' names from the members'.</summary>
    public sealed class Encoded
    {
        /// <summary>The bytes of an image file.</summary>
        public byte[] ImageTrainerEncoded { get; set; } = [];
    }

    /// <summary>What comes out.</summary>
    public sealed class Decoded
    {
        /// <summary>The image at its own size, whatever the attribute has to say; upright, in sRGB.</summary>
        [ImageType(1, 1)]
        public MLImage? ImageTrainerDecoded { get; set; }
    }
}
