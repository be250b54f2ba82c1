namespace ImageTrainer.Backbones.Downloading;

/// <summary>One file to download.</summary>
/// <param name="Address">Where it is published.</param>
/// <param name="TargetPath">Full path under which it is to be found afterwards; its folder is created.</param>
/// <param name="Sha256">All or the first digits of its SHA-256 in lower-case hex.</param>
/// <param name="AnswerBudget">
/// Time until the server must have begun to answer, waiting for other processes included; then nothing is tried twice
/// before an answer has come. Null: the policy's time-outs and retries hold from the start.
/// </param>
internal sealed record DownloadRequest(Uri Address, string TargetPath, string Sha256, TimeSpan? AnswerBudget = null)
{
    /// <summary>Name of the file, without folders.</summary>
    public string FileName => Path.GetFileName(TargetPath);
}
