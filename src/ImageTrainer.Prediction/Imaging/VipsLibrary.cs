using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NetVips;

namespace ImageTrainer.Imaging;

/// <summary>
/// Starts libvips once for the process, set up for many independent images at a time, and silences it. A process has one libvips: an
/// application
/// that uses NetVips itself shares these settings.
/// </summary>
internal static class VipsLibrary
{
    /// <summary>The AppContext switch that has the system's libvips loaded in place of the packaged one.</summary>
    internal const string SystemSwitch = "ImageTrainer.SystemLibvips";

    // What came last of all that is used here: the blocking of loaders that are not meant for files of strangers.
    private const int LeastMajor = 8;
    private const int LeastMinor = 13;

    private const string WarningStart = "read gave ";

    // All that libvips and what it is built on log to; null is whoever names no domain. The default handler would write to stderr.
    private static readonly string?[] LogDomains = ["VIPS", "GLib", "GLib-GObject", "GLib-GIO", null];

    private static readonly Lock StartLock = new();
    private static volatile bool _started;
    private static nint _handle;

    // Warnings come on the thread that decodes, so a thread's own counter is that of its own image.
    [ThreadStatic]
    private static int _jpegWarningCount;

    /// <summary>Whether the system's libvips is asked for, which may read more formats than the packaged one.</summary>
    internal static bool IsSystems => AppContext.TryGetSwitch(SystemSwitch, out bool isOn) && isOn;

    /// <summary>How often libjpeg warned about the image that this thread opened and closed since the reset.</summary>
    internal static int JpegWarningCount => _jpegWarningCount;

    private static Assembly Binding => Assembly.Load("NetVips");

    private static string FileName =>
        OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips.42.dylib" : "libvips.so.42";

    /// <summary>Makes libvips ready; later calls return at once. Thread safe.</summary>
    /// <exception cref="ImageLibraryException">Its file is missing, does not fit this machine, or is too old.</exception>
    internal static void Start()
    {
        if (_started) return;
        lock (StartLock)
        {
            if (_started) return;
            if (_handle == 0) _handle = IsSystems ? LoadFromSystem() : LoadPackaged();
            Configure();
            _started = true;
        }
    }

    /// <summary>Address of a function of the library.</summary>
    internal static nint Export(string function)
    {
        Start();
        return NativeLibrary.GetExport(_handle, function);
    }

    /// <summary>Forgets the warnings counted on this thread: call it before an image is opened.</summary>
    internal static void ResetJpegWarnings() => _jpegWarningCount = 0;

    // Looks where NetVips looks; what is loaded already is given once more, not loaded twice.
    private static nint LoadPackaged() => NativeLibrary.TryLoad(FileName, Binding, searchPath: null, out nint library)
        ? library
        : throw new ImageLibraryException(
            $"The image library libvips was not found or does not fit this machine: {FileName} belongs beside the application. Publish it with its native files.");

    private static nint LoadFromSystem()
    {
        if (!NativeLibrary.TryLoad(FileName, out nint library))
        {
            throw new ImageLibraryException(
                $"The system's libvips ({FileName}) is asked for and was not found: install it (Debian and Ubuntu: apt-get install libvips42), or use the packaged one.");
        }

        try
        {
            // Before the first use of NetVips, which then finds that it has a resolver already.
            NativeLibrary.SetDllImportResolver(Binding, (name, _, _) => Resolve(library, name));
            return library;
        }
        catch (InvalidOperationException cause)
        {
            // Somebody has used NetVips before. That does no harm where it found the same file, as where the packaged one is left out.
            return LoadPackaged() == library ? library : throw new ImageLibraryException(
                "The system's libvips is asked for, and NetVips is in use with the packaged one: ask before the first use, or leave the packaged one out.", cause);
        }
    }

    // GLib's functions are those of libvips' own dependency, which the loader finds through it; but not on Windows, where GLib may be
    // a file beside it.
    private static nint Resolve(nint library, string name) =>
        name == "libvips-42.dll" || NativeLibrary.TryGetExport(library, "g_free", out _) ? library : NativeLibrary.Load(name);

    // NetVips loads and starts libvips as soon as a method that names its types is compiled. So such methods are called, and not
    // inlined, behind
    // Start: this one, and those of ImageDecoder and ImageWriter. Its assembly is asked for by name above for the same reason.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Configure()
    {
        if (!ModuleInitializer.VipsInitialized)
            throw new ImageLibraryException($"The image library libvips was found but did not start: {ModuleInitializer.Exception?.Message}", ModuleInitializer.Exception);
        if (!NetVips.NetVips.AtLeastLibvips(LeastMajor, LeastMinor))
        {
            int minor = NetVips.NetVips.Version(1);
            throw new ImageLibraryException($"The system's libvips is {NetVips.NetVips.Version(0)}.{minor}; {LeastMajor}.{LeastMinor} or later is needed.");
        }

        foreach (string? domain in LogDomains)
            Log.SetLogHandler(domain, Enums.LogLevelFlags.All, OnLogMessage);
        // Every image is read once, so remembered operations would only hold memory; and images, not tiles, run in parallel.
        Cache.Max = 0;
        NetVips.NetVips.Concurrency = 1;
        NetVips.NetVips.BlockUntrusted = true;
    }

    // The JPEG loader tells only here, when an image is closed, how many of libjpeg's warnings ("bad Huffman code", "extraneous
    // bytes") it got
    // past: "read gave 3 warnings". It opens a file once for the header and once for all of it, so the largest count is the file's.
    private static void OnLogMessage(string? domain, Enums.LogLevelFlags level, string? message)
    {
        if (message is null || !message.StartsWith(WarningStart, StringComparison.Ordinal)) return;
        ReadOnlySpan<char> rest = message.AsSpan(WarningStart.Length);
        int end = rest.IndexOf(' ');
        if (end > 0 && int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            _jpegWarningCount = Math.Max(_jpegWarningCount, count);
    }
}

/// <summary>No image can be decoded: libvips, the library that does it, is not there, does not fit this machine, or is too old.</summary>
public sealed class ImageLibraryException : ImageTrainerException
{
    /// <summary>Describes what is wrong with the library.</summary>
    /// <param name="message">One sentence that says what to do.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public ImageLibraryException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

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
