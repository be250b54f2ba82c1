using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Postgres;
using ImageTrainer.Cli.Arguments;
using ImageTrainer.Cli.Reporting;
using ImageTrainer.Files;

namespace ImageTrainer.Cli.Runs;

/// <summary>Keeps what a scoring job writes out of what it reads, and its own files apart.</summary>
internal static class ScoringPaths
{
    /// <summary>
    /// Refuses files to write that lie in a folder that is scored, match a pattern of it, or are read or written otherwise.
    /// </summary>
    /// <param name="model">Path of the model.</param>
    /// <param name="inputs">What is scored, as the user names it.</param>
    /// <param name="output">Path of the output, or a database's address.</param>
    /// <param name="progress">Path of the progress file, or null.</param>
    /// <exception cref="UsageException">One of them does, or is.</exception>
    public static void RequireApart(string model, IReadOnlyList<string> inputs, string output, string? progress)
    {
        string[] outputFiles = PostgresAddress.IsAddress(output) ? [] : [.. new OutputFiles(output).All];
        string[] progressFiles = progress is null ? [] : [progress, ProgressFile.TemporaryOf(progress)];
        string[] named = [.. inputs.Where(input => input != ScoringInput.StandardInput)];
        var read = new ProtectedInputs(named.Append(File.Exists(model) ? model : null));
        PathFilter[] filters = [.. named.Where(input => !Path.Exists(input) && PathFilter.IsPattern(input)).Select(input => new PathFilter(input))];
        RequireOutside(read, filters, outputFiles, "--output");
        RequireOutside(read, filters, progressFiles, "--progress-file");
        HashSet<string> taken = [.. outputFiles.Select(ProtectedInputs.RealPathOf)];
        if (progressFiles.Any(file => taken.Contains(ProtectedInputs.RealPathOf(file))))
            throw new UsageException($"'{progress}' is one of the files that --output '{output}' writes; name another place with --progress-file.");
    }

    private static void RequireOutside(ProtectedInputs read, PathFilter[] filters, string[] files, string option)
    {
        foreach (string file in files)
        {
            read.RequireOutside(file, option);
            if (filters.Any(filter => IsMatch(filter, ProtectedInputs.RealPathOf(file))))
                throw new UsageException($"'{file}' would itself match a pattern of what is scored; name another place with {option}.");
        }
    }

    private static bool IsMatch(PathFilter filter, string realFile)
    {
        string start = ProtectedInputs.RealPathOf(filter.Start.Length == 0 ? "." : filter.Start);
        return RealPath.IsWithin(realFile, start)
            && filter.IsMatch(Path.GetRelativePath(start, realFile).Replace(Path.DirectorySeparatorChar, '/'));
    }
}
