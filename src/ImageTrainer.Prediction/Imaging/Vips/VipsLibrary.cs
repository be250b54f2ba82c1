using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ImageTrainer.Imaging.Vips;

/// <summary>Starts libvips once for the process, set up for many independent images at a time, and silences it.</summary>
internal static unsafe class VipsLibrary
{
    private static readonly Lock StartLock = new();
    private static volatile bool _started;

    // Warnings come on the thread that decodes, so a thread's own counter is that of its own image.
    [ThreadStatic]
    private static int _jpegWarningCount;

    /// <summary>Makes libvips ready; later calls return at once. Thread safe.</summary>
    /// <exception cref="DllNotFoundException">The library file is missing or does not fit this machine.</exception>
    internal static void Start()
    {
        if (_started)
            return;
        lock (StartLock)
        {
            if (_started)
                return;
            VipsNative.SetLogHandler(&OnLogMessage, null);
            if (VipsNative.Init("imagetrainer") != 0)
                throw new DllNotFoundException("The image engine libvips was found but did not start.");
            // Every image is read once, so remembered operations would only hold memory; and images, not tiles, run in parallel.
            VipsNative.SetOperationCacheLength(0);
            VipsNative.SetThreadsPerImage(1);
            VipsNative.BlockUntrustedOperations(1);
            _started = true;
        }
    }

    /// <summary>Forgets the warnings counted on this thread: call it before an image is opened.</summary>
    internal static void ResetJpegWarnings() => _jpegWarningCount = 0;

    /// <summary>How often libjpeg warned about the image that this thread opened and closed since the reset.</summary>
    internal static int JpegWarningCount => _jpegWarningCount;

    // The default handler would write to stderr. The JPEG loader tells only here, when an image is closed, how many of
    // libjpeg's warnings ("bad Huffman code", "extraneous bytes") it got past: "read gave 3 warnings". It opens a file once for
    // the header and once for all of it, so the largest count is the file's.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnLogMessage(byte* domain, int level, byte* message, void* data)
    {
        ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(message);
        ReadOnlySpan<byte> start = "read gave "u8;
        if (text.StartsWith(start) && System.Buffers.Text.Utf8Parser.TryParse(text[start.Length..], out int count, out _))
            _jpegWarningCount = Math.Max(_jpegWarningCount, count);
    }
}
