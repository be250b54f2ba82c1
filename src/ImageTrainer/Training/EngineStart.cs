using ImageTrainer.Imaging;
using ImageTrainer.Onnx;

namespace ImageTrainer.Training;

/// <summary>Loads the native engines before they are needed, while data and weights are read.</summary>
internal static class EngineStart
{
    /// <summary>Begins, and does not wait. What goes wrong is told where the engine is used.</summary>
    public static void Begin() =>
        BackgroundLoading.Start(Load)
            .ContinueWith(failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private static void Load()
    {
        _ = OnnxEnvironment.Instance;
        VipsLibrary.Start();
    }
}
