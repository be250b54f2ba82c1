namespace ImageTrainer.Tests;

/// <summary>The folder of real weights, photos and golden vectors that IMAGETRAINER_TEST_DATA names.</summary>
internal static class TestData
{
    /// <summary>The category of tests that need the folder.</summary>
    public const string Category = "SharedData";

    private const string Variable = "IMAGETRAINER_TEST_DATA";

    /// <summary>Gives the full path of an entry, or ends the test Inconclusive where there is none.</summary>
    public static string Path(params string[] segments)
    {
        string? root = Environment.GetEnvironmentVariable(Variable);
        if (string.IsNullOrEmpty(root))
            Assert.Inconclusive($"Set {Variable} to the folder of test data to run this test.");
        string path = System.IO.Path.GetFullPath(System.IO.Path.Combine([root, .. segments]));
        if (!File.Exists(path) && !Directory.Exists(path))
            Assert.Inconclusive($"{Variable} has no {string.Join('/', segments)}.");
        return path;
    }
}
