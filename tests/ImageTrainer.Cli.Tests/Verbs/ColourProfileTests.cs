using NetVips;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class ColourProfileTests
{
    [TestMethod]
    public void TrainEvaluatePredictAndScore_ProfilesThatCannotBeApplied_AreCountedWithTheFirst()
    {
        using var folder = new TemporaryFolder();
        Photos.WriteFolder(folder.Combine("photos"), count: 4);
        string first = WriteWithBrokenProfile(folder.Combine("photos", "across"), "broken.jpg");
        WriteWithBrokenProfile(folder.Combine("photos", "down"), "also.jpg");

        CliResult train = Cli.Run(folder.Path, "train", "photos", "--image-size", "64", "--run-dir", "run");
        CliResult evaluate = Cli.Run(folder.Path, "evaluate", "run/model.zip", "photos");
        CliResult predict = Cli.Run(folder.Path, "predict", "run/model.zip", "photos/across", "photos/down");
        CliResult score = Cli.Run(folder.Path, "score", "run/model.zip", "photos", "--output", "scores.csv");
        CliResult sound = Cli.Run(folder.Path, "predict", "run/model.zip", "photos/across/00.png");

        foreach (CliResult result in new[] { train, evaluate, predict, score })
        {
            Assert.AreEqual(0, result.ExitCode, result.Error);
            StringAssert.Contains(result.Error, "Notice: the colour profile of 2 images cannot be applied, the first ");
            StringAssert.Contains(result.Error, $"{Path.GetRelativePath(folder.Path, first)}: read as sRGB.");
        }

        Assert.IsFalse(sound.Error.Contains("profile", StringComparison.Ordinal), sound.Error);
    }

    // Another picture than those beside it, so that nothing of it is in the cache.
    private static string WriteWithBrokenProfile(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        using Image picture = Image.NewFromFile(Path.Combine(folder, "00.png"));
        byte[] jpeg = picture.JpegsaveBuffer(q: 95);
        byte[] segment = [.. "ICC_PROFILE\0"u8, 1, 1, 1, 2, 3];
        File.WriteAllBytes(path, [.. jpeg[..2], 0xFF, 0xE2, 0, (byte)(segment.Length + 2), .. segment, .. jpeg[2..]]);
        return path;
    }
}
