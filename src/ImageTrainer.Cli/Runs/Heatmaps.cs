using ImageTrainer.Cli.Terminal;
using ImageTrainer.Imaging;

namespace ImageTrainer.Cli.Runs;

/// <summary>Predicts images one by one and draws for each where its label's score comes from, into a folder that was empty.</summary>
internal sealed class Heatmaps
{
    private readonly ImagePredictionEngine _engine;
    private readonly string _folder;
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Prepares the folder.</summary>
    /// <param name="engine">An engine that can explain.</param>
    /// <param name="folder">Where pictures go; it is created where it is missing.</param>
    /// <param name="option">The option that names another folder.</param>
    /// <exception cref="UsageException">It holds something already, or cannot be written to.</exception>
    public Heatmaps(ImagePredictionEngine engine, string folder, string option)
    {
        (_engine, _folder) = (engine, folder);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new UsageException($"'{folder}' is not empty; name a new folder with {option}.");
        WritablePlace.RequireFolder(folder, $"'{folder}'", option);
    }

    /// <summary>Predicts images in order; unreadable ones are results with their error and have no picture.</summary>
    /// <param name="paths">The images.</param>
    /// <param name="cancellationToken">Cancels between images.</param>
    /// <exception cref="IOException">A picture cannot be written.</exception>
    public IEnumerable<ImagePredictionResult> Run(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        foreach (string path in paths)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Predict(path, () => _engine.Explain(path));
        }
    }

    /// <summary>Predicts one image, which may come from elsewhere than a file.</summary>
    /// <param name="path">Its path, or what stands for it.</param>
    /// <param name="explain">Predicts and explains it.</param>
    public ImagePredictionResult Predict(string path, Func<ImageExplanation> explain)
    {
        try
        {
            ImageExplanation explanation = explain();
            explanation.Draw().SavePng(Path.Combine(_folder, NewName(path)));
            return new ImagePredictionResult(path, explanation.Prediction, null);
        }
        catch (ImageDecodeException exception)
        {
            return new ImagePredictionResult(path, null, exception);
        }
    }

    // Images of two folders may have one name.
    private string NewName(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path) is { Length: > 0 } stem and not "-" ? stem : "image";
        string unique = $"{name}.heatmap.png";
        for (int number = 2; !_names.Add(unique); number++) unique = $"{name}-{number}.heatmap.png";
        return unique;
    }
}
