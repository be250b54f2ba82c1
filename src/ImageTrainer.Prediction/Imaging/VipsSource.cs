using System.Buffers.Binary;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>An image of any format that libvips reads for us.</summary>
internal sealed class VipsSource : IPixelSource
{
    // Every scan of a progressive JPEG visits every block again; encoders write 3 to 14 scans.
    private const int ScansOfLargestImage = 20;

    private readonly EncodedImage _encoded;
    private readonly Source _content;
    private Image _image;

    private VipsSource(EncodedImage encoded)
    {
        _encoded = encoded;
        // A copy outside the managed heap; libvips may read it for as long as anything made from it lives.
        _content = Source.NewFromMemory(encoded.Content.Span);
        try
        {
            _image = Open(shrink: 1);
        }
        catch
        {
            _content.Dispose();
            throw;
        }

        (Width, Height) = (_image.Width, _image.Height);
        int told = _image.Orientation();
        // libvips does not look behind the pixels, where PNG allows EXIF too.
        Orientation = new ExifOrientation(told == 1 && encoded.Format == "png" ? PngChunks.Orientation(encoded.Content.Span) : told);
    }

    public int Width { get; }

    public int Height { get; }

    public ExifOrientation Orientation { get; }

    /// <summary>Reads the header.</summary>
    /// <exception cref="VipsException">It is damaged.</exception>
    internal static VipsSource Open(EncodedImage encoded) => new(encoded);

    /// <inheritdoc/>
    /// <remarks>A small progressive JPEG file can ask for the work of many images, in scans that hold next to nothing.</remarks>
    public string? Refusal(long maxPixelCount) => _encoded.Format switch
    {
        "jpeg" => RefusalOfJpeg(maxPixelCount),
        "tiff" => TiffSoundness.Refusal(new TiffDirectory(_encoded.Content.Span)),
        _ => null,
    };

    public Image Load(int shrink)
    {
        if (shrink > 1 && _encoded.Format == "jpeg")
        {
            _image.Dispose();
            _image = Open(shrink);
        }

        if (_encoded.Format == "tiff")
        {
            TiffSoundness.Check(_encoded.Content);
            KeepBands(new TiffDirectory(_encoded.Content.Span).KeptBandCount(_image.Bands));
        }

        if (_encoded.Format == "gif")
            UncoverCanvas();
        return _image;
    }

    public void Dispose()
    {
        _image.Dispose();
        _content.Dispose();
    }

    private string? RefusalOfJpeg(long maxPixelCount)
    {
        JpegStructure structure = JpegStructure.Read(_encoded.Content.Span, onlyIfMultiScan: true);
        return (double)structure.ScanCount * Width * Height > (double)maxPixelCount * ScansOfLargestImage
            ? $"its {structure.ScanCount} scans of {Width} x {Height} pixels are more work than is accepted (MaxPixelCount)"
            : null;
    }

    // What a first frame leaves of the canvas is transparent, in browsers too; libvips has it black where no frame has transparent colours.
    private void UncoverCanvas()
    {
        if (_image.HasAlpha() || GifFrame.Find(_encoded.Content.Span) is not { } frame || frame.Covers(_image.Width, _image.Height))
            return;
        PixelArea shown = frame.Within(_image.Width, _image.Height);
        Replace(image =>
        {
            double[] white = [.. Enumerable.Repeat<double>(byte.MaxValue, image.Bands)];
            using Image part = image.ExtractArea(shown.Left, shown.Top, shown.Width, shown.Height);
            return part.Embed(shown.Left, shown.Top, image.Width, image.Height, Enums.Extend.Background, white);
        });
    }

    private void Replace(Func<Image, Image> operation)
    {
        Image next = operation(_image);
        _image.Dispose();
        _image = next;
    }

    private void KeepBands(int count)
    {
        if (count != _image.Bands)
            Replace(image => image.ExtractBand(0, n: count));
    }

    // The loader is named, so no other one is tried. "error" stops at what costs pixels and lets pass what the catalogue of nasty
    // files shows to be harmless: unknown TIFF tags, checksums of PNG text, trailing bytes. ("warning" would refuse those too. The
    // price is a few TIFF files whose tags libtiff calls an error, though their pixels are sound: 166 and 255.) For JPEG "error" is
    // no more than "truncated", and "warning" refuses stray bytes between segments as well as broken codes, yet misses both in the
    // last rows: so its warnings are counted, and judged after decoding (ImageDecoder.Decode).
    // libvips passes over tiles that libtiff cannot decode, but for "warning": so that it is where nothing else would find them.
    private Image Open(int shrink)
    {
        var options = new VOption
        {
            { "access", Enums.Access.Sequential },
            { "fail_on", Strictness },
        };
        if (shrink > 1)
            options.Add("shrink", shrink);
        return (Image)Operation.Call(LoaderName, options, _content);
    }

    private Enums.FailOn Strictness => _encoded.Format switch
    {
        "jpeg" => Enums.FailOn.Truncated,
        "tiff" when new TiffDirectory(_encoded.Content.Span) is { IsTiled: true } directory && !TiffCompression.IsChecked(directory.Compression) =>
            Enums.FailOn.Warning,
        _ => Enums.FailOn.Error,
    };

    private string LoaderName => _encoded.Format switch
    {
        "jpeg" => "jpegload_source",
        "avif" or "heic" => "heifload_source",
        string format => $"{format}load_source",
    };
}

/// <summary>An opened image: its header is read, its pixels are not. For one thread; whoever opened it disposes it.</summary>
internal interface IPixelSource : IDisposable
{
    /// <summary>Width in pixels as stored.</summary>
    int Width { get; }

    /// <summary>Height in pixels as stored, of the first frame or page.</summary>
    int Height { get; }

    /// <summary>How the stored pixels are turned upright.</summary>
    ExifOrientation Orientation { get; }

    /// <summary>Says why decoding this image would be out of proportion, or gives null where it is not.</summary>
    /// <param name="maxPixelCount">Largest number of pixels an image may have.</param>
    string? Refusal(long maxPixelCount);

    /// <summary>Gives the pixels, from top to bottom and once; the source disposes them.</summary>
    /// <param name="shrink">1, 2, 4 or 8: the factor by which the image may be smaller than its header says.</param>
    /// <exception cref="VipsException">The image is damaged, as libvips finds.</exception>
    /// <exception cref="ImageDefectException">The image is damaged, as its source finds.</exception>
    Image Load(int shrink);
}

/// <summary>Pixels that are decoded already: nothing is copied or encoded on the way.</summary>
/// <param name="image">The pixels, as many as its size says.</param>
internal sealed class DecodedSource(RgbImage image) : IPixelSource
{
    private Image? _image;

    public int Width => image.Width;

    public int Height => image.Height;

    public ExifOrientation Orientation => default;

    public string? Refusal(long maxPixelCount) => null;

    public Image Load(int shrink) =>
        _image = Image.NewFromMemory<byte>(image.Pixels.AsMemory(), Width, Height, bands: 3, Enums.BandFormat.Uchar);

    public void Dispose() => _image?.Dispose();
}

/// <summary>Where a GIF's first frame lies on its canvas (GIF89a, sections 18 to 26).</summary>
/// <param name="Area">Its rectangle, in pixels.</param>
internal readonly record struct GifFrame(PixelArea Area)
{
    private const int HeaderLength = 13;
    private const int DescriptorLength = 10;

    /// <summary>Finds the first frame; null where there is none.</summary>
    /// <param name="content">The whole file.</param>
    internal static GifFrame? Find(ReadOnlySpan<byte> content)
    {
        if (content.Length < HeaderLength)
            return null;
        int at = HeaderLength + ((content[10] & 0x80) == 0 ? 0 : 3 << ((content[10] & 7) + 1));
        // Extensions: their kind, then blocks that each begin with their length, to one of none.
        while (at + DescriptorLength <= content.Length && content[at] == '!')
        {
            at += 2;
            while (at < content.Length && content[at] != 0)
                at += content[at] + 1;
            at++;
        }

        if (at + DescriptorLength > content.Length || content[at] != ',')
            return null;
        ReadOnlySpan<byte> descriptor = content[(at + 1)..];
        return new GifFrame(new PixelArea(Number(descriptor, 0), Number(descriptor, 2), Number(descriptor, 4), Number(descriptor, 6)));
    }

    /// <summary>Whether it leaves nothing of a canvas.</summary>
    internal bool Covers(int width, int height) => Within(width, height) == new PixelArea(0, 0, width, height);

    /// <summary>What of it lies on a canvas; the whole canvas where nothing does.</summary>
    internal PixelArea Within(int width, int height)
    {
        (int left, int top) = (Math.Min(Area.Left, width), Math.Min(Area.Top, height));
        var part = new PixelArea(left, top, Math.Min(Area.Width, width - left), Math.Min(Area.Height, height - top));
        return part is { Width: > 0, Height: > 0 } ? part : new PixelArea(0, 0, width, height);
    }

    private static int Number(ReadOnlySpan<byte> descriptor, int at) => BinaryPrimitives.ReadUInt16LittleEndian(descriptor[at..]);
}
