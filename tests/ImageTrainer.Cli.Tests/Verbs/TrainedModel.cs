namespace ImageTrainer.Tests.Verbs;

/// <summary>One data set and the model of it that all tests share, which only read them.</summary>
[TestClass]
public static class TrainedModel
{
    private static readonly Lazy<TemporaryFolder> Made = new(Make);

    /// <summary>Folder that holds both; a working folder for runs that write nothing.</summary>
    internal static string Folder => Made.Value.Path;

    /// <summary>The data set: 3 classes of 8 pictures.</summary>
    internal static string Dataset => Path.Combine(Folder, "photos");

    /// <summary>The model.zip.</summary>
    internal static string Model => Path.Combine(Folder, "run", "model.zip");

    /// <summary>One of the pictures, from the folder.</summary>
    internal static string Picture(string label = "across", int number = 0) => Path.Combine("photos", label, $"{number:00}.png");

    [AssemblyCleanup]
    public static void Delete()
    {
        if (Made.IsValueCreated) Made.Value.Dispose();
    }

    private static TemporaryFolder Make()
    {
        var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"));
        CliResult result = Cli.Run(folder.Path, "train", "photos", "--image-size", "64", "--run-dir", "run");
        Assert.AreEqual(0, result.ExitCode, result.Error);
        return folder;
    }
}
