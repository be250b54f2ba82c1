using ImageTrainer.Models;

namespace ImageTrainer.Cli.Speed;

/// <summary>A model, loaded once for single images and once for many, as applications load it.</summary>
internal sealed class MeasuredModel : IDisposable
{
    private MeasuredModel(string path, ImagePredictionEngine single, ImagePredictionEngine many) =>
        (Path, Single, Many) = (path, single, many);

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>All cores on one prediction.</summary>
    public ImagePredictionEngine Single { get; }

    /// <summary>One core a prediction; several run at once.</summary>
    public ImagePredictionEngine Many { get; }

    /// <summary>Loads a model.zip.</summary>
    /// <exception cref="ModelFormatException">The file is missing, damaged, foreign or too new.</exception>
    public static MeasuredModel Load(string path, string device)
    {
        var single = ImagePredictionEngine.Load(path, new ImagePredictionEngineOptions { Device = device });
        try
        {
            var options = new ImagePredictionEngineOptions { Device = device, ThreadsPerPrediction = 1 };
            return new MeasuredModel(path, single, ImagePredictionEngine.Load(path, options));
        }
        catch
        {
            single.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Single.Dispose();
        Many.Dispose();
    }
}
