using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;
using ImageTrainer.Batch.Postgres;
using ImageTrainer.Cli.Terminal;
using ImageTrainer.Data;
using ImageTrainer.Files;

namespace ImageTrainer.Cli.Runs;

/// <summary>Keeps what a run writes out of what it reads, whatever links lie on the way.</summary>
internal sealed class ProtectedInputs
{
    /// <summary>Links followed on the way to one file; Linux gives up after as many.</summary>
    private const int MostLinks = 40;
    private readonly (string Given, string Real)[] _inputs;

    /// <summary>Names what is read.</summary>
    /// <param name="inputs">Files and folders as the user named them; those that do not exist, and null, are passed over.</param>
    public ProtectedInputs(params IEnumerable<string?> inputs) =>
        _inputs = [.. inputs.OfType<string>().Where(Path.Exists).Select(input => (input, RealPathOf(input)))];

    /// <summary>Refuses a path that is one of the inputs, or lies in one.</summary>
    /// <param name="path">What would be written.</param>
    /// <param name="option">The option that names another place.</param>
    /// <exception cref="UsageException">It is, or does.</exception>
    public void RequireOutside(string path, string option)
    {
        string real = RealPathOf(path);
        foreach ((string given, string realInput) in _inputs)
        {
            if (RealPath.IsWithin(real, realInput))
                throw new UsageException(real == realInput
                    ? $"'{path}' is an input of this command and would be overwritten; name another place with {option}."
                    : $"'{path}' lies inside the data set '{given}', which is never written to; name another place with {option}.");
        }
    }

    /// <summary>Refuses a path that is one of the inputs.</summary>
    /// <inheritdoc cref="RequireOutside"/>
    public void RequireOther(string path, string option)
    {
        string real = RealPathOf(path);
        if (_inputs.Any(input => input.Real == real))
            throw new UsageException($"'{path}' is, or contains, an input of this command; name another place with {option}.");
    }

    /// <summary>The path with every link resolved, also where its end does not exist yet.</summary>
    /// <exception cref="UsageException">Links lead in a circle.</exception>
    internal static string RealPathOf(string path) => RealPathOf(path, MostLinks);

    /// <summary>
    /// Follows links from the root down. Asks for links first: to Path.Exists, a link to nothing exists, and writing to it would make
    /// what it names.
    /// </summary>
    /// <param name="path">The path as it is given.</param>
    /// <param name="linkCount">Links that may still be followed.</param>
    private static string RealPathOf(string path, int linkCount)
    {
        if (linkCount == 0) throw new UsageException($"'{path}' cannot be written to: links lead in a circle.");
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;
        FileSystemInfo entry = Directory.Exists(full) ? new DirectoryInfo(full) : new FileInfo(full);
        return entry.LinkTarget is { } target
            ? RealPathOf(Path.GetFullPath(target, parent), linkCount - 1)
            : Path.Join(RealPathOf(parent, linkCount), Path.GetFileName(full));
    }
}

/// <summary>Keeps what a verb writes out of the images that it reads, wherever links or a list lead to them.</summary>
internal sealed class ProtectedImages
{
    /// <summary>The images' own paths, as they were listed.</summary>
    private readonly string[] _paths;
    private readonly ProtectedInputs _classFolders;
    private readonly ProtectedInputs _otherFolders;

    /// <summary>Names what is read.</summary>
    /// <param name="images">All images.</param>
    /// <param name="sets">The data sets that they are from, as the user named them; null is passed over.</param>
    public ProtectedImages(IEnumerable<LabeledImage> images, params IEnumerable<string?> sets)
    {
        _paths = [.. images.Select(image => image.Path)];
        string[] roots = [.. sets.Where(Directory.Exists).Select(set => Path.GetFullPath(set!))];
        // In a folder of classes nothing is written, wherever links in it lead; images of a list may lie beside what is written.
        ILookup<bool, string> folders = _paths.Select(path => Path.GetDirectoryName(path)!).Distinct(StringComparer.Ordinal)
            .ToLookup(folder => roots.Any(root => RealPath.IsWithin(folder, root)));
        _classFolders = new ProtectedInputs(folders[true]);
        _otherFolders = new ProtectedInputs(folders[false]);
    }

    /// <summary>Refuses to write over an image, or among the images of a folder of classes.</summary>
    /// <param name="path">What would be written.</param>
    /// <param name="option">The option that names another place.</param>
    /// <exception cref="UsageException">It is one, or lies there.</exception>
    public void RequireOutside(string path, string option)
    {
        _classFolders.RequireOutside(path, option);
        _otherFolders.RequireOther(path, option);
        if (File.Exists(path)) new ProtectedInputs(_paths).RequireOther(path, option);
    }
}

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
        PathFilter[] filters =
            [.. named.Where(input => !Path.Exists(input) && PathFilter.IsPattern(input)).Select(input => new PathFilter(input))];
        RequireOutside(read, filters, outputFiles, "--output");
        RequireOutside(read, filters, progressFiles, "--progress-file");
        HashSet<string> taken = [.. outputFiles.Select(ProtectedInputs.RealPathOf)];
        if (progressFiles.Any(file => taken.Contains(ProtectedInputs.RealPathOf(file))))
            throw new UsageException(
                $"'{progress}' is one of the files that --output '{output}' writes; name another place with --progress-file.");
    }

    /// <summary>Refuses files that lie in what is scored, or that a pattern of it would find in the next run.</summary>
    private static void RequireOutside(ProtectedInputs read, PathFilter[] filters, string[] files, string option)
    {
        foreach (string file in files)
        {
            read.RequireOutside(file, option);
            if (filters.Any(filter => IsMatch(filter, ProtectedInputs.RealPathOf(file))))
                throw new UsageException($"'{file}' matches a pattern of the images to score; name another place with {option}.");
        }
    }

    /// <summary>Whether a pattern finds a file, both taken from where links really lead.</summary>
    private static bool IsMatch(PathFilter filter, string realFile)
    {
        string start = ProtectedInputs.RealPathOf(filter.Start.Length == 0 ? "." : filter.Start);
        return RealPath.IsWithin(realFile, start)
            && filter.IsMatch(Path.GetRelativePath(start, realFile).Replace(Path.DirectorySeparatorChar, '/'));
    }
}
