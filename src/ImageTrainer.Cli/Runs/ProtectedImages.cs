using ImageTrainer.Data;
using ImageTrainer.Files;

namespace ImageTrainer.Cli.Runs;

/// <summary>Keeps what a verb writes out of the images that it reads, wherever links or a list lead to them.</summary>
internal sealed class ProtectedImages
{
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
    /// <exception cref="Arguments.UsageException">It is one, or lies there.</exception>
    public void RequireOutside(string path, string option)
    {
        _classFolders.RequireOutside(path, option);
        _otherFolders.RequireOther(path, option);
        if (File.Exists(path)) new ProtectedInputs(_paths).RequireOther(path, option);
    }
}
