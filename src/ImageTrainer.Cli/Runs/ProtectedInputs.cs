using ImageTrainer.Cli.Arguments;
using ImageTrainer.Files;

namespace ImageTrainer.Cli.Runs;

/// <summary>Keeps what a run writes out of what it reads, whatever links lie on the way.</summary>
internal sealed class ProtectedInputs
{
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
                    ? $"'{path}' is what is read here and would be written over; name another place with {option}."
                    : $"'{path}' lies inside the data set '{given}', which is never written to; name another place with {option}.");
        }
    }

    /// <summary>Refuses a path that is one of the inputs.</summary>
    /// <inheritdoc cref="RequireOutside"/>
    public void RequireOther(string path, string option)
    {
        string real = RealPathOf(path);
        if (_inputs.Any(input => input.Real == real))
            throw new UsageException($"'{path}' holds what is read here, or is itself read; name another place with {option}.");
    }

    /// <summary>The path with every link resolved, also where its end does not exist yet.</summary>
    /// <exception cref="UsageException">Links lead in a circle.</exception>
    internal static string RealPathOf(string path) => RealPathOf(path, MostLinks);

    // Asks for links first: to Path.Exists, a link to nothing exists, and writing to it would make what it names.
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
