using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Onnx;

namespace ImageTrainer.Tests.Worker;

/// <summary>Featurizes a data set at 64 px with a small backbone, and prints "CACHED DONE" once an image is finished and kept.</summary>
internal static class FeaturizeJob
{
    private const int ImageSize = 64;

    /// <summary>Runs to the end, unless killed before.</summary>
    /// <param name="images">Folder of the data set.</param>
    /// <param name="cache">Folder of the feature cache.</param>
    public static void Run(string images, string cache)
    {
        using var featurizer = new Featurizer(LoadBackbone(cache), ComputeDevice.Cpu, threadCount: 2, new FeatureCacheOptions { Folder = cache });
        featurizer.Featurize(ImageDataset.FromFolder(images), new Printer(), CancellationToken.None);
    }

    private static Backbone LoadBackbone(string cache)
    {
        var store = new BackboneStore(new BackboneStoreOptions { CacheFolder = cache, AllowDownload = false, Folders = [TinyBackbone.Folder] });
        ResolvedBackbone resolved = store.ResolveAsync(TinyBackbone.Name).GetAwaiter().GetResult();
        using Stream content = resolved.OpenRead();
        return Backbone.Load(resolved.Descriptor, resolved.Descriptor.FileName, content, ImageSize);
    }

    private sealed class Printer : IProgress<FeaturizingProgress>
    {
        public void Report(FeaturizingProgress value)
        {
            Console.Out.WriteLine($"{value.CachedCount} {value.DoneCount}");
            Console.Out.Flush();
        }
    }
}
