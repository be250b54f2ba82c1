using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>
/// What is asked of libvips' images beyond NetVips: pixels strip by strip without a new array for each, and whether a profile can be applied. Two
/// functions are called past it for that, in the library that it has loaded.
/// </summary>
internal static unsafe class VipsPixels
{
    // Enough rows to make a call worth its cost, few enough that the source rows behind them stay in the processor's cache.
    private const int StripHeight = 16;

    private static readonly delegate* unmanaged[Cdecl]<nint, int, int, int, int, nuint*, byte*> FetchRegion =
        (delegate* unmanaged[Cdecl]<nint, int, int, int, int, nuint*, byte*>)VipsLibrary.Export("vips_region_fetch");

    private static readonly delegate* unmanaged[Cdecl]<nint, void*, nuint, int> IsCompatibleProfile =
        (delegate* unmanaged[Cdecl]<nint, void*, nuint, int>)VipsLibrary.Export("vips_icc_is_compatible_profile");

    /// <summary>Takes a row of pixels.</summary>
    /// <param name="y">Its number in the image.</param>
    /// <param name="row">[width, bands]; valid during the call, and the taker's to change.</param>
    internal delegate void TakeRow(int y, Span<byte> row);

    /// <summary>Computes a rectangle's pixels on the calling thread, from top to bottom.</summary>
    /// <param name="image">An image of one byte a band.</param>
    /// <param name="area">The rectangle, inside the image.</param>
    /// <param name="take">Gets each of its rows.</param>
    /// <exception cref="VipsException">The pixels cannot be decoded.</exception>
    internal static void Read(this Image image, PixelArea area, TakeRow take)
    {
        using Region region = Region.New(image);
        for (int y = 0; y < area.Height; y += StripHeight)
            ReadStrip(region, area with { Top = area.Top + y, Height = Math.Min(StripHeight, area.Height - y) }, take);
    }

    /// <summary>Decodes the rows that were not asked for, so that damage in a part that is cut off is found all the same.</summary>
    /// <exception cref="VipsException">They cannot be decoded.</exception>
    internal static void ReadToEnd(this Image image)
    {
        using Region region = Region.New(image);
        NetVips.NetVips.Free((nint)Fetch(region, new PixelArea(0, image.Height - 1, 1, 1), out _));
    }

    /// <summary>The EXIF orientation, 1 to 8; 1 (upright) where there is none or a meaningless one.</summary>
    internal static int Orientation(this Image image) =>
        image.Contains("orientation") && image.Get("orientation") is int and >= 1 and <= 8 and var orientation ? orientation : 1;

    /// <summary>The image's ICC profile, empty where it has none.</summary>
    internal static byte[] EmbeddedProfile(this Image image) => image.Contains("icc-profile-data") ? (byte[])image.Get("icc-profile-data") : [];

    /// <summary>Whether an ICC profile can be read and is made for the image's kind of pixels.</summary>
    internal static bool Fits(this Image image, ReadOnlySpan<byte> profile)
    {
        fixed (byte* data = profile) return IsCompatibleProfile(image.DangerousGetHandle(), data, (nuint)profile.Length) != 0;
    }

    private static void ReadStrip(Region region, PixelArea area, TakeRow take)
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
            NetVips.NetVips.Free((nint)pixels);
        }
    }

    private static byte* Fetch(Region region, PixelArea area, out int length)
    {
        nuint byteCount = 0;
        byte* pixels = FetchRegion(region.DangerousGetHandle(), area.Left, area.Top, area.Width, area.Height, &byteCount);
        length = (int)byteCount;
        return pixels != null ? pixels : throw new VipsException("region_fetch");
    }
}

/// <summary>An image that goes from operation to operation. Disposing it releases the last one, but not the image it began with.</summary>
internal sealed class VipsChain : IDisposable
{
    private readonly Image _start;

    /// <param name="start">The image to begin with; its owner disposes it, after the chain.</param>
    internal VipsChain(Image start) => Image = _start = start;

    /// <summary>The image as the operations so far left it.</summary>
    internal Image Image { get; private set; }

    /// <summary>Runs an operation on the image.</summary>
    /// <exception cref="VipsException">The operation does not accept the image.</exception>
    internal void Then(Func<Image, Image> operation)
    {
        Image next = operation(Image);
        Dispose();
        Image = next;
    }

    public void Dispose()
    {
        if (!ReferenceEquals(Image, _start))
            Image.Dispose();
    }
}
