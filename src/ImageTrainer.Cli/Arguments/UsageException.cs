namespace ImageTrainer.Cli.Arguments;

/// <summary>The command line is well formed and still makes no sense.</summary>
internal sealed class UsageException(string message) : Exception(message);
