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
