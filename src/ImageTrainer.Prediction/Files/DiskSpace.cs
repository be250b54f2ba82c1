namespace ImageTrainer.Files;

/// <summary>Tells failures that end when there is room again.</summary>
internal static class DiskSpace
{
    private const int DiskFull = unchecked((int)0x80070070);

    /// <summary>Whether the disk or the user's share of it is full: ENOSPC (28), EDQUOT (122 on Linux, 69 on macOS), ERROR_DISK_FULL.</summary>
    public static bool IsUsedUp(Exception exception) => exception is IOException { HResult: DiskFull or 28 or 122 or 69 };
}
