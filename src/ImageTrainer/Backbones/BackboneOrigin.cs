namespace ImageTrainer.Backbones;

/// <summary>Where a backbone's weights were found, in the order in which places are searched.</summary>
public enum BackboneOrigin
{
    /// <summary>A file the user named by its path.</summary>
    File,

    /// <summary>A folder of <see cref="BackboneStoreOptions.Folders"/>.</summary>
    Folder,

    /// <summary>The user's cache, <see cref="BackboneStoreOptions.CacheFolder"/>.</summary>
    Cache,

    /// <summary>The publisher; the file is in the cache from now on.</summary>
    Download,

    /// <summary>The file of the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18, which its build puts beside the program.</summary>
    Package,
}
