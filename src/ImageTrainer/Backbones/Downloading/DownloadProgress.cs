namespace ImageTrainer.Backbones.Downloading;

/// <summary>How far one download is.</summary>
/// <param name="FileName">Name of the file being downloaded, without folders.</param>
/// <param name="ReceivedByteCount">Bytes on disk so far, those of earlier, resumed attempts included.</param>
/// <param name="TotalByteCount">Bytes the whole file has by the server's word, or null where it does not say.</param>
/// <param name="BytesPerSecond">Bytes per second, averaged over this attempt; 0 at its start.</param>
public readonly record struct DownloadProgress(string FileName, long ReceivedByteCount, long? TotalByteCount, double BytesPerSecond);
