using ImageTrainer.Backbones;
using ImageTrainer.Data;
using ImageTrainer.Featurizing;
using ImageTrainer.Training;

namespace ImageTrainer.Tests.Training;

/// <summary>Drawn data sets in a temporary folder, and trainers that touch nothing outside it.</summary>
internal sealed class TrainingBench : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The folder.</summary>
    public TemporaryFolder Folder => _folder;

    /// <summary>Options for a small backbone at 64 px, without a cache, on the CPU.</summary>
    public ImageClassificationOptions Options => new()
    {
        Backbone = TinyBackbone.Name,
        ImageSize = TinyModel.ImageSize,
        Device = "cpu",
        ThreadCount = 2,
        FeatureCache = null,
        BackboneSources = new BackboneStoreOptions { CacheFolder = _folder.Combine("backbones"), AllowDownload = false, Folders = [TinyBackbone.Folder] },
    };

    /// <summary>The same with a cache.</summary>
    public ImageClassificationOptions CachingOptions =>
        Options with { FeatureCache = new FeatureCacheOptions { Folder = _folder.Combine("features") } };

    /// <summary>Draws three classes of so many images; other first numbers give other images.</summary>
    public ImageDataset Draw(string name, int countPerKind, int first = 0) =>
        ImageDataset.FromFolder(Drawings.WriteDataset(_folder, name, countPerKind, first));

    /// <summary>Full path of a file in the folder.</summary>
    public string Combine(string name) => _folder.Combine(name);

    /// <summary>Trains.</summary>
    public ImageClassificationModel Fit(ImageDataset train, ImageClassificationOptions? options = null, ImageDataset? validation = null) =>
        new ImageClassificationTrainer(options ?? Options).Fit(train, validation);

    /// <summary>Trains and gives the bytes of the model.zip.</summary>
    public byte[] FitAndSave(ImageDataset train, ImageClassificationOptions options)
    {
        using ImageClassificationModel model = Fit(train, options);
        using var stream = new MemoryStream();
        model.Save(stream);
        return stream.ToArray();
    }

    /// <summary>Cuts image files in half, so that they still look like images and cannot be decoded.</summary>
    public static void Damage(params IEnumerable<LabeledImage> images)
    {
        foreach (LabeledImage image in images)
        {
            byte[] content = File.ReadAllBytes(image.Path);
            File.WriteAllBytes(image.Path, content.AsSpan(0, content.Length / 2));
        }
    }

    public void Dispose() => _folder.Dispose();
}
