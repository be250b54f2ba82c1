using System.Text.Json;

namespace ImageTrainer.Tests.Verbs;

[TestClass]
public sealed class BenchVerbTests
{
    private static readonly string[] Parts = ["decode", "network", "whole"];

    [TestMethod]
    public void Bench_Json_HasThreePartsOfOneImageAndTheWholeOfMany()
    {
        CliResult result = Bench(TrainedModel.Model, "--images", "photos", "--call-size", "3", "--json");

        JsonElement report = JsonDocument.Parse(result.Output).RootElement;
        JsonElement[] rows = [.. report.GetProperty("rows").EnumerateArray()];
        Assert.AreEqual(0, result.ExitCode, result.Error);
        Assert.AreEqual("24 of the 24 pictures in 'photos'", report.GetProperty("pictures").GetString());
        CollectionAssert.AreEqual(new[] { 1, 1, 1, 3 }, rows.Select(row => row.GetProperty("callSize").GetInt32()).ToArray());
        CollectionAssert.AreEqual(Parts.Append("whole").ToArray(), rows.Select(row => row.GetProperty("part").GetString()).ToArray());
    }

    [TestMethod]
    public void Bench_Json_TheWholeTakesLongerThanDecoding()
    {
        CliResult result = Bench(TrainedModel.Model, "--images", "photos", "--call-size", "1", "--json");

        JsonElement[] rows = [.. JsonDocument.Parse(result.Output).RootElement.GetProperty("rows").EnumerateArray()];
        double[] rates = [.. rows.Select(row => row.GetProperty("imagesPerSecond").GetDouble())];
        Assert.AreEqual(3, rows.Length);
        Assert.IsTrue(rates[2] < rates[0], result.Output);
        foreach (JsonElement row in rows)
        {
            double[] latencies = [.. new[] { "p50", "p95", "p99" }.Select(name => row.GetProperty($"{name}Milliseconds").GetDouble())];
            Assert.IsTrue(latencies[0] > 0 && latencies[0] <= latencies[1] && latencies[1] <= latencies[2], result.Output);
        }
    }

    [TestMethod]
    public void Bench_TwoModelsWithoutImages_DrawsPicturesAndPrintsATable()
    {
        CliResult result = Bench(TrainedModel.Model, TrainedModel.Model);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "Pictures: 20 drawn JPEG pictures of 512 x 512.");
        StringAssert.Contains(result.Output, "p99 ms");
        Assert.AreEqual(4, result.OutputLines.Count(line => line.Contains(" whole ", StringComparison.Ordinal)), result.Output);
    }

    [TestMethod]
    public void Bench_UnreadablePictureAmongOthers_LeavesItOutAndEnds5()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(TrainedModel.Folder, TrainedModel.Picture()), folder.Combine("good.png"));
        folder.Write("bad.png", File.ReadAllBytes(folder.Combine("good.png")).AsSpan(0, 200));

        CliResult result = Bench(TrainedModel.Model, "--images", folder.Path);

        Assert.AreEqual(5, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "bad.png");
        StringAssert.Contains(result.Error, "Pictures: 1 of the 2 pictures in ");
    }

    [TestMethod]
    public void Bench_NoReadablePicture_IsBadData()
    {
        using var folder = new TemporaryFolder();
        folder.Write("bad.png", [.. "\u0089PNG\r\n"u8]);
        folder.Write("bad.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 0]);

        CliResult result = Bench(TrainedModel.Model, "--images", folder.Path);

        Assert.AreEqual(3, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "can be read; name a folder with readable images.");
    }

    [TestMethod]
    [DataRow("run/nosuch.zip", "photos", 3, "there is no such file")]
    [DataRow("run/model.zip", "run/model.zip", 2, "--images takes a folder, and 'run/model.zip' is not one.")]
    public void Bench_UnusableArguments_SaysWhich(string model, string images, int exitCode, string message)
    {
        CliResult result = Bench(model, "--images", images);

        Assert.AreEqual(exitCode, result.ExitCode, result.Error);
        Assert.AreEqual("", result.Output);
        StringAssert.Contains(result.Error, message);
    }

    [TestMethod]
    public void Bench_NoFolderForTemporaryFiles_NamesIt()
    {
        CliResult result = Cli.RunShell(TrainedModel.Folder, "TMPDIR=/nowhere/at/all \"$IT\" bench run/model.zip --device cpu");

        Assert.AreEqual(2, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "There is no folder for temporary files '/nowhere/at/all/'; name another one with TMPDIR.");
    }

    private static CliResult Bench(params string[] arguments) =>
        Cli.Run(TrainedModel.Folder, ["bench", .. arguments, "--seconds", "0.1", "--device", "cpu"]);
}
