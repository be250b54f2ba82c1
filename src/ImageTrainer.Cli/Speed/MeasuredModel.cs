using ImageTrainer.Models;
using ImageTrainer.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace ImageTrainer.Cli.Speed;

/// <summary>A model's network, once for single images and once for batches, as the prediction engine runs them.</summary>
internal sealed class MeasuredModel : IDisposable
{
    /// <summary>The output that predictions come from.</summary>
    public const string ScoreName = "Score";

    private MeasuredModel(string path, ModelPackage package, ComputeDevice device)
    {
        (Path, Manifest) = (path, package.Manifest);
        Single = new OnnxNetwork(package.Network, new OnnxNetworkOptions { Device = device });
        Batched = new OnnxNetwork(package.Network, new OnnxNetworkOptions { Device = device, ThreadCount = 1 });
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>What the model says of itself.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>All cores on one run.</summary>
    public OnnxNetwork Single { get; }

    /// <summary>One core a run; several run at once.</summary>
    public OnnxNetwork Batched { get; }

    /// <summary>Loads a model.zip.</summary>
    /// <exception cref="ModelFormatException">The file is missing, damaged, foreign or too new.</exception>
    public static MeasuredModel Load(string path, ComputeDevice device)
    {
        ModelPackage package = ModelFile.Read(path, stream => ModelArchive.Read(stream, path, new ImagePredictionEngineOptions().MaxNetworkByteCount));
        try
        {
            return new MeasuredModel(path, package, device);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidDataException)
        {
            throw new ModelFormatException(ModelFault.Damaged, path, "ONNX Runtime cannot run its network", exception);
        }
    }

    public void Dispose()
    {
        Single.Dispose();
        Batched.Dispose();
    }
}
