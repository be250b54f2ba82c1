using System.Security.Cryptography;
using ImageTrainer.Backbones;
using ImageTrainer.Imaging;

namespace ImageTrainer.Tests.Backbones;

/// <summary>Names and paths: which file is taken, and what is known of it.</summary>
[TestClass]
public sealed class StoreResolveTests
{
    private static readonly byte[] OwnWeights = [1, 2, 3];

    [TestMethod]
    public async Task Resolve_PathOfAnUnknownFile_GetsTheUsualPreprocessingAndNoLicence()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("resnet50-imagenet.safetensors");
        File.WriteAllBytes(path, OwnWeights);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync(path);

        Assert.AreEqual(BackboneOrigin.File, resolved.Origin);
        Assert.AreEqual(path, resolved.Path);
        Assert.AreEqual("resnet50-imagenet", resolved.Descriptor.Name);
        Assert.AreEqual(256, resolved.Descriptor.ImageSize);
        Assert.StartsWith("unknown", resolved.Descriptor.License);
        Assert.AreEqual(Sha256(OwnWeights), resolved.Descriptor.Sha256);
        Assert.AreEqual($"Backbone resnet50-imagenet, from the file {path}.", resolved.Reason);
        using Stream stream = resolved.OpenRead();
        Assert.AreEqual(3, stream.Length);
    }

    [TestMethod]
    public async Task Resolve_KnownContentUnderAnyName_IsRecognisedByItsChecksum()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("mine.pth");
        File.WriteAllBytes(path, StoreBench.Content);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync(path);

        Assert.AreEqual("resnet50", resolved.Descriptor.Name);
        Assert.AreEqual("a test's", resolved.Descriptor.License);
        Assert.AreEqual("mine.pth", resolved.Descriptor.FileName);
    }

    [TestMethod]
    public async Task Resolve_PathOfADamagedKnownFile_SaysBothChecksums()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere(StoreBench.FileName);
        File.WriteAllBytes(path, OwnWeights);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync(path));

        Assert.AreEqual(
            $"{path} is damaged or not what its name says: its SHA-256 is {Sha256(OwnWeights)} and should begin with "
            + $"{StoreBench.Digest[..8]}. Delete it and fetch it again.",
            error.Message);
    }

    [TestMethod]
    public async Task Resolve_PathThatIsMissing_SaysWhichPath()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("missing.onnx");

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync(path));

        Assert.Contains($"There is no file {path}.", error.Message);
    }

    [TestMethod]
    [Timeout(60_000)]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public async Task Resolve_PathOfAPipe_SaysSoAndDoesNotWaitForAWriter()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("pipe.onnx");
        using (var made = System.Diagnostics.Process.Start("mkfifo", [path])) await made.WaitForExitAsync();

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync(path));

        Assert.AreEqual($"{path} cannot be read: it is a pipe.", error.Message);
    }

    [TestMethod]
    public async Task Resolve_PathOfAnotherKindOfFile_SaysWhichEndings()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("photo.jpg");
        File.WriteAllBytes(path, OwnWeights);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync(path));

        Assert.Contains("must end in .safetensors, .pth, .onnx", error.Message);
    }

    [TestMethod]
    [DataRow("weights.onnx.json")]
    [DataRow("weights.json")]
    public async Task Resolve_DescriptorBesideTheFile_IsBelieved(string descriptorName)
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        File.WriteAllText(bench.Elsewhere(descriptorName), """
            { "name": "ours", "fileName": "weights.onnx", "license": "ours", "imageSize": 96, "resizeMode": "Pad", "featureTensor": "pool" }
            """);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync(path);

        Assert.AreEqual("ours", resolved.Descriptor.Name);
        Assert.AreEqual("ours", resolved.Descriptor.License);
        Assert.AreEqual(96, resolved.Descriptor.ImageSize);
        Assert.AreEqual(ResizeMode.Pad, resolved.Descriptor.ResizeMode);
        Assert.AreEqual("pool", resolved.Descriptor.FeatureTensor);
    }

    [TestMethod]
    public async Task Resolve_DescriptorWithAnotherChecksum_RefusesTheFile()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        File.WriteAllText(path + ".json", """{ "name": "ours", "fileName": "weights.onnx", "sha256": "00000000" }""");

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync(path));

        Assert.Contains("should begin with 00000000", error.Message);
    }

    [TestMethod]
    [DataRow("resnet50.safetensors")]
    [DataRow("resnet50.pth")]
    [DataRow("resnet50.onnx")]
    [DataRow("resnet50-imagenet.safetensors")]
    public async Task Resolve_NameWithAFileOfTheUsersInTheFolder_TakesItWithoutTheCataloguesLicence(string fileName)
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder(fileName), OwnWeights);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("resnet50");

        Assert.AreEqual(BackboneOrigin.Folder, resolved.Origin);
        Assert.AreEqual(bench.InFolder(fileName), resolved.Path);
        Assert.StartsWith("unknown", resolved.Descriptor.License);
        Assert.IsNull(resolved.Descriptor.Address);
        Assert.AreEqual(
            $"Backbone {Path.GetFileNameWithoutExtension(fileName)}, found in a folder of IMAGETRAINER_BACKBONES: {resolved.Path}.",
            resolved.Reason);
    }

    [TestMethod]
    [DataRow("ResNet50", "resnet50.pth")]
    [DataRow("ResNet50", "ResNet50.pth")]
    public async Task Resolve_NameInAnotherCase_TakesTheUsersFile(string name, string fileName)
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder(fileName), OwnWeights);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync(name);

        Assert.AreEqual(BackboneOrigin.Folder, resolved.Origin);
    }

    [TestMethod]
    public async Task Resolve_NameInFolderAndCache_TakesTheFoldersFile()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.CachedPath, StoreBench.Content);
        File.WriteAllBytes(bench.InFolder("resnet50.pth"), OwnWeights);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("resnet50");

        Assert.AreEqual(bench.InFolder("resnet50.pth"), resolved.Path);
    }

    [TestMethod]
    public async Task Resolve_DamagedFileInTheFolder_GoesOnToTheCacheAndSaysSo()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder(StoreBench.FileName), OwnWeights);
        File.WriteAllBytes(bench.CachedPath, StoreBench.Content);

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("resnet50");

        Assert.AreEqual(BackboneOrigin.Cache, resolved.Origin);
        Assert.Contains($"Not used: {bench.InFolder(StoreBench.FileName)} is damaged", resolved.Reason);
    }

    [TestMethod]
    public async Task Resolve_NameOfTheUsersOwn_IsFoundInTheFolder()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder("ours.onnx"), OwnWeights);

        ResolvedBackbone byName = await bench.Store().ResolveAsync("ours");
        ResolvedBackbone byFileName = await bench.Store().ResolveAsync("ours.onnx");

        Assert.AreEqual(bench.InFolder("ours.onnx"), byName.Path);
        Assert.AreEqual(byName.Path, byFileName.Path);
    }

    [TestMethod]
    public async Task Resolve_UnknownName_ListsTheKnownOnes()
    {
        using var bench = new StoreBench();

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync("resnet5O"));

        Assert.AreEqual(
            "There is no backbone and no file 'resnet5O'. Known are resnet50, resnet18-mlnet and auto. For weights of your own give the "
            + $"path of the file, or put resnet5O.safetensors or resnet5O.pth or resnet5O.onnx into {bench.Options.CacheFolder}, or into "
            + $"{bench.Options.Folders[0]} (IMAGETRAINER_BACKBONES).",
            error.Message);
    }

    [TestMethod]
    public async Task Resolve_NameWhileOffline_SaysThatDownloadsAreOff()
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { AllowDownload = false };

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync("resnet50"));

        Assert.Contains("downloads are switched off (IMAGETRAINER_OFFLINE)", error.Message);
        Assert.Contains($"put it into {bench.Options.CacheFolder}", error.Message);
    }

    [TestMethod]
    public async Task Resolve_DefaultNetworkByName_OpensThePackagesFile()
    {
        using var bench = new StoreBench();

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("resnet18-mlnet");

        Assert.AreEqual(BackboneOrigin.Package, resolved.Origin);
        Assert.AreEqual("Backbone resnet18-mlnet, which comes with the program.", resolved.Reason);
        Assert.EndsWith(BackboneFiles.PackagedPath, resolved.Path);
        using Stream stream = resolved.OpenRead();
        Assert.AreEqual(resolved.Descriptor.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream)));
    }

    [TestMethod]
    [DataRow("auto")]
    [DataRow("resnet18-mlnet")]
    public async Task Resolve_DefaultNetworkNotBesideTheProgram_SaysWhereItComesFrom(string name)
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { AllowDownload = false, ProgramFolders = [bench.Elsewhere("program")] };

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync(name));

        Assert.Contains($"there is no {BackboneFiles.PackagedPath} in {bench.Elsewhere("program")}.", error.Message);
        Assert.Contains("They come with the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18; reference it", error.Message);
        Assert.StartsWith("not here: comes with the package", bench.Store().List()[1].Where);
    }

    [TestMethod]
    public async Task Resolve_DefaultNetworkDamaged_IsRefused()
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { ProgramFolders = [bench.Elsewhere("program")] };
        string path = Path.Combine(bench.Elsewhere("program"), BackboneFiles.PackagedPath);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, OwnWeights);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync("resnet18-mlnet"));

        Assert.StartsWith($"{path} is damaged or of another version: its SHA-256 is {Sha256(OwnWeights)} and should be e2552f19", error.Message);
    }

    [TestMethod]
    public async Task OpenRead_FileGoneMeanwhile_ThrowsBackboneException()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("gone.onnx");
        File.WriteAllBytes(path, OwnWeights);
        ResolvedBackbone resolved = await bench.Store().ResolveAsync(path);

        File.Delete(path);

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => resolved.OpenRead());
        Assert.Contains(path, error.Message);
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    public async Task Resolve_FolderOfRealWeights_FindsResNet50()
    {
        using var bench = new StoreBench();
        bench.Options = bench.Options with { Folders = [TestData.Path("backbones")] };

        ResolvedBackbone resolved = await bench.Store().ResolveAsync("auto");

        Assert.AreEqual("resnet50-imagenet", resolved.Descriptor.Name);
        Assert.AreEqual(64, resolved.Descriptor.Sha256!.Length);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
