using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones;

/// <summary>Importing files into the cache, and the list of everything.</summary>
[TestClass]
public sealed class StoreImportTests
{
    private static readonly byte[] OwnWeights = [1, 2, 3];

    [TestMethod]
    public async Task Import_OwnFileUnderAName_IsFoundByThatNameWithItsDescriptor()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        File.WriteAllText(path + ".json", """{ "name": "x", "fileName": "weights.onnx", "license": "ours", "imageSize": 160 }""");

        ResolvedBackbone imported = bench.Store().Import(path, "ours");
        ResolvedBackbone resolved = await bench.Store().ResolveAsync("ours");

        Assert.AreEqual(bench.InCache("ours.onnx"), imported.Path);
        Assert.AreEqual(imported.Path, resolved.Path);
        Assert.AreEqual("ours", resolved.Descriptor.Name);
        Assert.AreEqual("ours", resolved.Descriptor.License);
        Assert.AreEqual(160, resolved.Descriptor.ImageSize);
        CollectionAssert.AreEqual(OwnWeights, File.ReadAllBytes(resolved.Path!));
    }

    [TestMethod]
    public async Task Import_KnownContent_GoesUnderThePublishersNameWithoutADescriptor()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("whatever.pth");
        File.WriteAllBytes(path, StoreBench.Content);

        ResolvedBackbone imported = bench.Store().Import(path);
        ResolvedBackbone resolved = await bench.Store().ResolveAsync("resnet50");

        Assert.AreEqual(bench.CachedPath, imported.Path);
        Assert.AreEqual(BackboneOrigin.Cache, resolved.Origin);
        CollectionAssert.AreEqual(new[] { bench.CachedPath }, Directory.GetFiles(bench.Options.CacheFolder));
    }

    [TestMethod]
    public async Task Import_DamagedLater_IsFoundOut()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        ResolvedBackbone imported = bench.Store().Import(path);

        File.WriteAllBytes(imported.Path!, [1, 2]);

        BackboneException error = await Assert.ThrowsExactlyAsync<BackboneException>(() => bench.Store().ResolveAsync("weights"));
        Assert.Contains("is damaged", error.Message);
    }

    [TestMethod]
    public void Import_ReadOnlyFileTwice_ReplacesTheFirstCopy()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        File.SetAttributes(path, FileAttributes.ReadOnly);

        bench.Store().Import(path);
        ResolvedBackbone second = bench.Store().Import(path);

        File.SetAttributes(path, FileAttributes.Normal);
        CollectionAssert.AreEqual(OwnWeights, File.ReadAllBytes(second.Path!));
        CollectionAssert.AreEquivalent(
            new[] { second.Path, second.Path + ".json" }, Directory.GetFiles(bench.Options.CacheFolder));
    }

    [TestMethod]
    [DataRow("model_best.pth.tar", "model_best")]
    [DataRow("pytorch_model.bin", "pytorch_model")]
    [DataRow("Last.CKPT", "Last")]
    [DataRow("best.pt", "best")]
    public async Task Import_EndingsOfPyTorch_AreFoundByTheNameBeforeThem(string fileName, string name)
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere(fileName);
        File.WriteAllBytes(path, OwnWeights);

        bench.Store().Import(path);
        ResolvedBackbone resolved = await bench.Store().ResolveAsync(name);

        Assert.AreEqual(bench.InCache(name + fileName[name.Length..].ToLowerInvariant()), resolved.Path);
        Assert.AreEqual(name, resolved.Descriptor.Name);
    }

    [TestMethod]
    public async Task Import_SameNameWithAnotherEnding_ReplacesTheFirst()
    {
        using var bench = new StoreBench();
        string first = bench.Elsewhere("first.safetensors");
        string second = bench.Elsewhere("second.onnx");
        File.WriteAllBytes(first, [9]);
        File.WriteAllBytes(second, OwnWeights);

        bench.Store().Import(first, "ours");
        bench.Store().Import(second, "ours");
        ResolvedBackbone resolved = await bench.Store().ResolveAsync("ours");

        Assert.AreEqual(bench.InCache("ours.onnx"), resolved.Path);
        CollectionAssert.AreEquivalent(
            new[] { bench.InCache("ours.onnx"), bench.InCache("ours.onnx.json") }, Directory.GetFiles(bench.Options.CacheFolder));
    }

    [TestMethod]
    public void Import_NameOfAFileInAFolder_IsRefusedAndNamesIt()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        File.WriteAllBytes(bench.InFolder("ours.pth"), [9]);

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => bench.Store().Import(path, "ours"));

        Assert.Contains($"would still mean {bench.InFolder("ours.pth")}", error.Message);
        Assert.IsEmpty(Directory.GetFiles(bench.Options.CacheFolder));
    }

    [TestMethod]
    public void Import_NameOfThePublishersFileInTheCache_IsRefusedAndNamesIt()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        File.WriteAllBytes(bench.CachedPath, StoreBench.Content);

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => bench.Store().Import(path, "resnet50"));

        Assert.Contains($"would still mean {bench.CachedPath}", error.Message);
        CollectionAssert.AreEqual(new[] { bench.CachedPath }, Directory.GetFiles(bench.Options.CacheFolder));
    }

    [TestMethod]
    public async Task Import_FromAFolderUnderTheSameName_IsCopied()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder("ours.onnx"), OwnWeights);

        ResolvedBackbone imported = bench.Store().Import(bench.InFolder("ours.onnx"));
        File.Delete(bench.InFolder("ours.onnx"));

        Assert.AreEqual(imported.Path, (await bench.Store().ResolveAsync("ours")).Path);
    }

    [TestMethod]
    [DataRow("ResNet50")]
    [DataRow("resnet18-mlnet")]
    public async Task Import_NameOfTheCatalogue_IsFoundByIt(string name)
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.safetensors");
        File.WriteAllBytes(path, OwnWeights);

        ResolvedBackbone imported = bench.Store().Import(path, name);

        Assert.AreEqual(bench.InCache(name.ToLowerInvariant() + ".safetensors"), imported.Path);
        Assert.AreEqual(imported.Path, (await bench.Store().ResolveAsync(name)).Path);
    }

    [TestMethod]
    [DataRow("my weights (1).onnx")]
    [DataRow("auto.onnx")]
    [DataRow("weights.pth.onnx")]
    public void Import_FileWhoseOwnNameIsNone_AsksForAName(string fileName)
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere(fileName);
        File.WriteAllBytes(path, OwnWeights);

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => bench.Store().Import(path));

        Assert.Contains($"Give {path} another name with --name.", error.Message);
        Assert.IsEmpty(Directory.GetFiles(bench.Options.CacheFolder));
    }

    [TestMethod]
    [DataRow("../evil")]
    [DataRow("ours.pth")]
    [DataRow("auto")]
    [DataRow("")]
    [DataRow("a b")]
    public void Import_NameThatIsNone_IsRefused(string name)
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => bench.Store().Import(path, name));

        Assert.Contains($"'{name}' cannot name a backbone", error.Message);
    }

    [TestMethod]
    public void Import_CacheCannotBeWritten_SaysWhich()
    {
        using var bench = new StoreBench();
        string path = bench.Elsewhere("weights.onnx");
        File.WriteAllBytes(path, OwnWeights);
        Directory.Delete(bench.Options.CacheFolder);
        File.WriteAllText(bench.Options.CacheFolder, "a file in the folder's place");

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => bench.Store().Import(path));

        Assert.Contains("cannot be copied to", error.Message);
    }

    [TestMethod]
    public void List_SomeHereAndSomeNot_SaysWhereEachIs()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder("ours.onnx"), OwnWeights);
        File.WriteAllText(bench.InFolder("notes.txt"), "no weights");

        IReadOnlyList<BackboneListing> list = bench.Store().List();

        CollectionAssert.AreEqual(new[] { "resnet50", "resnet18-mlnet", "ours" }, list.Select(line => line.Descriptor.Name).ToArray());
        Assert.AreEqual("not here: would be downloaded from 127.0.0.1", list[0].Where);
        Assert.AreEqual(BackboneOrigin.Download, list[0].Origin);
        Assert.AreEqual(299_893, list[0].ByteCount);
        Assert.AreEqual(BackboneOrigin.Package, list[1].Origin);
        Assert.EndsWith("ResNet18.onnx", list[1].Where);
        Assert.AreEqual(63_653_533, list[1].ByteCount, 1_000);
        Assert.AreEqual(bench.InFolder("ours.onnx"), list[2].Where);
        Assert.AreEqual(3, list[2].ByteCount);
    }

    [TestMethod]
    public async Task List_DescriptorWithAnotherName_ShowsTheOneToBeUsed()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.InFolder("ours.onnx"), OwnWeights);
        File.WriteAllText(bench.InFolder("ours.onnx.json"), """{ "name": "x", "fileName": "ours.onnx", "license": "ours" }""");

        BackboneListing line = bench.Store().List()[^1];

        Assert.AreEqual("ours", line.Descriptor.License);
        Assert.AreEqual(line.Path, (await bench.Store().ResolveAsync(line.Descriptor.Name)).Path);
    }

    [TestMethod]
    public void List_DownloadedAndDescribedBadly_ShowsPathAndFault()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.CachedPath, StoreBench.Content);
        File.WriteAllBytes(bench.InFolder("ours.onnx"), OwnWeights);
        File.WriteAllText(bench.InFolder("ours.onnx.json"), "{");

        IReadOnlyList<BackboneListing> list = bench.Store().List();

        Assert.AreEqual(bench.CachedPath, list[0].Path);
        Assert.AreEqual("a test's", list[0].Descriptor.License);
        Assert.Contains("is not a backbone descriptor", list[2].Where);
    }

    [TestMethod]
    public void Import_DescriptorCannotBeWritten_LeavesNoTemporaryFileAndSaysTheWayOut()
    {
        using var bench = new StoreBench();
        File.WriteAllBytes(bench.Elsewhere("ours.onnx"), OwnWeights);
        Directory.CreateDirectory(bench.InCache("ours.onnx.json"));

        BackboneException error = Assert.ThrowsExactly<BackboneException>(() => bench.Store().Import(bench.Elsewhere("ours.onnx")));

        Assert.EndsWith($". Where the cache cannot be written, {BackboneReasons.OtherCache}.", error.Message);
        CollectionAssert.AreEquivalent(
            new[] { bench.InCache("ours.onnx"), bench.InCache("ours.onnx.json") }, Directory.GetFileSystemEntries(bench.Options.CacheFolder));
    }
}
