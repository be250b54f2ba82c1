namespace ImageTrainer.Imaging.Vips;

/// <summary>
/// A libvips image: a recipe that computes pixels when they are asked for. Not safe for several threads; whoever holds it disposes it.
/// </summary>
internal sealed unsafe class VipsImage(nint instance) : GObjectHandle(instance)
{
    // Enough rows to make a call worth its cost, few enough that the source rows behind them stay in the processor's cache.
    private const int StripHeight = 16;
    private const string ProfileField = "icc-profile-data";

    internal int Width => VipsNative.Width(this);

    internal int Height => VipsNative.Height(this);

    internal int Bands => VipsNative.Bands(this);

    internal BandFormat Format => (BandFormat)VipsNative.BandFormat(this);

    internal Interpretation Interpretation => (Interpretation)VipsNative.Interpretation(this);

    /// <summary>The EXIF orientation, 1 to 8; 1 (upright) where there is none or a meaningless one.</summary>
    internal int Orientation => VipsNative.Orientation(this);

    internal bool HasAlpha => VipsNative.HasAlpha(this) != 0;

    /// <summary>The image's ICC profile, empty where it has none; valid until the image is disposed.</summary>
    internal ReadOnlySpan<byte> Profile
    {
        get
        {
            void* data;
            nuint length;
            return VipsNative.FieldType(this, ProfileField) != 0 && VipsNative.GetBlobField(this, ProfileField, &data, &length) == 0
                ? new ReadOnlySpan<byte>(data, (int)length)
                : default;
        }
    }

    /// <summary>Whether an ICC profile can be read and is made for the image's kind of pixels.</summary>
    internal bool Fits(ReadOnlySpan<byte> profile)
    {
        fixed (byte* data = profile) return VipsNative.IsProfileCompatible(this, data, (nuint)profile.Length) != 0;
    }

    /// <summary>Wraps pixels in memory without copying them; the memory must stay where it is until the image is disposed.</summary>
    /// <param name="pixels">[H, W, 3] row-major RGB.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    internal static VipsImage FromPixels(byte* pixels, int width, int height)
    {
        nuint length = (nuint)width * (nuint)height * 3;
        nint image = VipsNative.ImageFromMemory(pixels, length, width, height, 3, (int)BandFormat.Byte);
        return image != 0 ? new VipsImage(image) : throw new VipsException("new_from_memory");
    }

    /// <summary>Takes a row of pixels.</summary>
    /// <param name="y">Its number in the image.</param>
    /// <param name="row">[width, bands]; valid during the call, and the taker's to change.</param>
    internal delegate void TakeRow(int y, Span<byte> row);

    /// <summary>Computes a rectangle's pixels on the calling thread, from top to bottom.</summary>
    /// <param name="area">The rectangle, inside the image, of one byte a band.</param>
    /// <param name="take">Gets each of its rows.</param>
    /// <exception cref="VipsException">The pixels cannot be decoded.</exception>
    internal void Read(PixelArea area, TakeRow take)
    {
        using var region = new GObjectHandle(VipsNative.NewRegion(this));
        for (int y = 0; y < area.Height; y += StripHeight)
            ReadStrip(region, area with { Top = area.Top + y, Height = Math.Min(StripHeight, area.Height - y) }, take);
    }

    /// <summary>Decodes the rows that were not asked for, so that damage in a part that is cut off is found all the same.</summary>
    /// <exception cref="VipsException">They cannot be decoded.</exception>
    internal void ReadToEnd()
    {
        using var region = new GObjectHandle(VipsNative.NewRegion(this));
        VipsNative.Free(Fetch(region, new PixelArea(0, Height - 1, 1, 1), out _));
    }

    private static void ReadStrip(GObjectHandle region, PixelArea area, TakeRow take)
    {
        byte* pixels = Fetch(region, area, out int length);
        try
        {
            int rowLength = length / area.Height;
            for (int y = 0; y < area.Height; y++)
                take(area.Top + y, new Span<byte>(pixels + ((long)y * rowLength), rowLength));
        }
        finally
        {
            VipsNative.Free(pixels);
        }
    }

    private static byte* Fetch(GObjectHandle region, PixelArea area, out int length)
    {
        nuint byteCount = 0;
        byte* pixels = region.IsInvalid ? null : VipsNative.Fetch(region, area.Left, area.Top, area.Width, area.Height, &byteCount);
        length = (int)byteCount;
        return pixels != null ? pixels : throw new VipsException("region_fetch");
    }
}

/// <summary>VipsBandFormat: the type of one sample.</summary>
internal enum BandFormat
{
    Byte = 0,
    UInt16 = 2,
}

/// <summary>VipsInterpretation: what the bands of a pixel mean; only those that are told apart here.</summary>
internal enum Interpretation
{
    Multiband = 0,
    Grey = 1,
    Xyz = 12,
    Lab = 13,
    Cmyk = 15,
    LabQ = 16,
    Rgb = 17,
    LabS = 21,
    Srgb = 22,
    Rgb16 = 25,
    Grey16 = 26,
    LinearRgb = 28,
}
