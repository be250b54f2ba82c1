using System.Runtime.InteropServices;

namespace ImageTrainer.Cli.Reporting;

/// <summary>Tells whether anybody still reads stdout: .NET's console swallows the broken pipe that would say so.</summary>
internal static class StandardOutput
{
    private const int Descriptor = 1;
    private const short ErrorEvent = 8;
    private const short HangUpEvent = 16;

    /// <summary>Whether stdout is a pipe whose reader has gone, as after <c>| head -1</c>. Always false on Windows.</summary>
    public static bool IsAbandoned
    {
        get
        {
            if (OperatingSystem.IsWindows()) return false;
            var request = new PollRequest { Descriptor = Descriptor };
            return Poll(ref request, 1, 0) > 0 && (request.Result & (ErrorEvent | HangUpEvent)) != 0;
        }
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollRequest requests, nuint count, int timeoutMilliseconds);

    // struct pollfd of POSIX; events 0 asks for errors and hang-ups alone.
    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Requested;
        public short Result;
    }
}
