namespace ImageTrainer.Files;

/// <summary>Tells why a file that is opened for nobody else cannot be opened.</summary>
internal static class FileLock
{
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>Whether another has the file open: EWOULDBLOCK of flock on Linux (11) and macOS (35), ERROR_SHARING_VIOLATION on Windows.</summary>
    public static bool IsHeld(IOException exception) => exception.HResult is 11 or 35 or SharingViolation;
}
