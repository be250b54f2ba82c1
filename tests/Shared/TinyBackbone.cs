namespace ImageTrainer.Tests;

/// <summary>resnet10-tiny: a small trained network that lies beside the tests, where the default one would cost each of them a second.</summary>
internal static class TinyBackbone
{
    /// <summary>Its name.</summary>
    public const string Name = "resnet10-tiny";

    /// <summary>The folder it is found in by its name.</summary>
    public static string Folder { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "backbones");

    /// <summary>Full path of its weights.</summary>
    public static string Path { get; } = System.IO.Path.Combine(Folder, "resnet10-tiny.safetensors");

    /// <summary>A folder in which "auto" finds it; beside the console's tests only.</summary>
    public static string FolderForAuto { get; } = System.IO.Path.Combine(Folder, "auto");
}
