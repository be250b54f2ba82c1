using System.IO.Compression;
using System.Text;
using ImageTrainer.Models;

namespace ImageTrainer.Tests.Models;

[TestClass]
public class ModelArchiveTests
{
    internal const string NetworkEntry = "TransformerChain/Transform_003/OnnxModel";
    private const long Limit = 1 << 20;
    private static readonly byte[] Network = NetworkOf(3000);
    private static readonly ModelManifest Manifest = TinyModel.Manifest(["ja", "nein, nicht", "\u00e9t\u00e9 \u4e2d"], imageSize: 64);

    [TestMethod]
    public void Read_WhatWasWritten_GivesManifestAndNetworkBack()
    {
        ModelPackage package = Read(TinyModel.Pack(Manifest, Network));

        CollectionAssert.AreEqual(ModelArchiveWriter.WithManifest(Network, Manifest), package.Network);
        CollectionAssert.AreEqual(Manifest.Labels.ToArray(), package.Manifest.Labels.ToArray());
        Assert.AreEqual(Manifest.Preprocessing, package.Manifest.Preprocessing);
        Assert.AreEqual((Manifest.Network, Manifest.Backbone, Manifest.Training), (package.Manifest.Network, package.Manifest.Backbone, package.Manifest.Training));
        Assert.AreEqual(0.75, package.Manifest.Metrics["microAccuracy"]);
    }

    [TestMethod]
    public void Write_SameContent_GivesSameBytesInFileAndStream()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Combine("new folder", "model.zip");

        ModelArchiveWriter.Write(path, Manifest, Network);

        CollectionAssert.AreEqual(TinyModel.Pack(Manifest, Network), File.ReadAllBytes(path));
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void Write_FileIsThere_ReplacesIt()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("model.zip", "what was there before");

        ModelArchiveWriter.Write(path, Manifest, Network);

        CollectionAssert.AreEqual(TinyModel.Pack(Manifest, Network), File.ReadAllBytes(path));
    }

    [TestMethod]
    public void Write_TargetIsFolder_LeavesNoTemporaryFile()
    {
        using var folder = new TemporaryFolder();
        string path = Directory.CreateDirectory(folder.Combine("model.zip")).FullName;

        Exception exception = Assert.Throws<Exception>(() => ModelArchiveWriter.Write(path, Manifest, Network));

        Assert.IsTrue(exception is IOException or UnauthorizedAccessException, exception.ToString());
        Assert.IsEmpty(Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("PK")]
    [DataRow("this is a text file and no zip at all, however long it may be")]
    public void Read_NoZip_IsForeign(string content)
    {
        ModelFormatException exception = Refused(Encoding.UTF8.GetBytes(content));

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
        Assert.Contains("not a zip file", exception.Message);
    }

    [TestMethod]
    public void Read_ZipOfSomethingElse_IsForeign()
    {
        ModelFormatException exception = Refused(ZipOf(("TrainingInfo/Version.txt", "1.0"u8.ToArray())));

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
        Assert.Contains("was not made by ImageTrainer", exception.Message);
    }

    [TestMethod]
    [DataRow(0.1)]
    [DataRow(0.5)]
    [DataRow(0.95)]
    [DataRow(0.999)]
    public void Read_CutShort_IsDamaged(double share)
    {
        byte[] zip = TinyModel.Pack(Manifest, Network);

        ModelFormatException exception = Refused(zip[..(int)(share * zip.Length)]);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
    }

    [TestMethod]
    public void Read_OneByteOfNetworkChanged_IsDamaged()
    {
        byte[] zip = TinyModel.Pack(Manifest, Network);
        int start = zip.AsSpan().IndexOf(Network);
        zip[start + 1234] ^= 1;

        ModelFormatException exception = Refused(zip);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("OnnxModel does not match its CRC-32", exception.Message);
    }

    [TestMethod]
    public void Read_OneByteThatOnlyMLNetReadsChanged_IsDamagedAndNamesTheEntry()
    {
        byte[] zip = StoredZip();
        zip[zip.AsSpan().IndexOf(Entries(zip)["Schema"]) + 60] ^= 1;

        ModelFormatException exception = Refused(zip);

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("Schema does not match its CRC-32", exception.Message);
    }

    [TestMethod]
    public void Read_LaterFormatWithFieldsOfItsOwn_IsTooNew()
    {
        byte[] network = NetworkMetadata.Append(Network, ModelArchive.ManifestKey, """{"formatVersion": 3, "labels": 5}"""u8);

        ModelFormatException exception = Refused(ZipOf((NetworkEntry, Prefixed(network))));

        Assert.AreEqual(ModelFault.TooNew, exception.Fault);
        Assert.Contains("format version 3", exception.Message);
    }

    [TestMethod]
    public void Read_ModelOfTheFirstFormat_IsForeignAndSaysWhatToDo()
    {
        ModelFormatException exception = Refused(ZipOf((NetworkEntry, Prefixed(Network)), ("ImageTrainer/manifest.json", "{}"u8.ToArray())));

        Assert.AreEqual(ModelFault.Foreign, exception.Fault);
        Assert.Contains("train it again", exception.Message);
    }

    [TestMethod]
    public void Read_NetworkAnywhereInTheChain_IsFound()
    {
        byte[] network = ModelArchiveWriter.WithManifest(Network, Manifest);

        ModelPackage package = Read(ZipOf(
            ("TransformerChain/Transform_001/OnnxModel", Prefixed(Network)), ("TransformerChain/Transform_000/TransformerChain/Transform_017/OnnxModel", Prefixed(network))));

        CollectionAssert.AreEqual(network, package.Network);
    }

    [TestMethod]
    public void Read_OtherEntriesTogetherOverLimit_IsTooLarge()
    {
        byte[] zeros = new byte[25 << 20];

        ModelFormatException exception = Refused(ZipOf(
            (NetworkEntry, Prefixed(ModelArchiveWriter.WithManifest(Network, Manifest))), ("a", zeros), ("b", zeros), ("c", zeros)));

        Assert.AreEqual(ModelFault.TooLarge, exception.Fault);
        Assert.Contains("entries beside the network have more than 67,108,864 bytes", exception.Message);
    }

    [TestMethod]
    public void Read_NetworkWithWrongLengthInFront_IsDamaged()
    {
        Dictionary<string, byte[]> entries = Entries(TinyModel.Pack(Manifest, Network));
        entries[NetworkEntry][0] ^= 1;

        ModelFormatException exception = Refused(ZipOf(entries));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.Contains("does not have the length it starts with", exception.Message);
    }

    [TestMethod]
    public void Read_NetworkOverLimit_IsTooLargeAndNamesBothSizes()
    {
        byte[] zip = TinyModel.Pack(Manifest, Network);

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ModelArchive.Read(new MemoryStream(zip), "m.zip", 2999));

        Assert.AreEqual(ModelFault.TooLarge, exception.Fault);
        Assert.AreEqual("m.zip", exception.Path);
        Assert.Contains($"{ModelArchiveWriter.WithManifest(Network, Manifest).Length:N0} bytes and the limit is 2,999", exception.Message);
    }

    [TestMethod]
    public void Read_NetworkClaimsGigabytes_IsDamagedBeforeMemoryIsTaken()
    {
        byte[] zip = TinyModel.Pack(Manifest, Network);
        SetSizes(zip, NetworkEntry, 2_000_000_000);
        long before = GC.GetAllocatedBytesForCurrentThread();

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(
            () => ModelArchive.Read(new MemoryStream(zip), null, int.MaxValue));

        Assert.AreEqual(ModelFault.Damaged, exception.Fault);
        Assert.IsLessThan(10_000_000, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [TestMethod]
    public void Read_EntryNamesThatAreWaysOut_IgnoresThemAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        Dictionary<string, byte[]> entries = Entries(TinyModel.Pack(Manifest, Network));
        entries["../escaped.txt"] = entries[folder.Combine("absolute.txt")] = "x"u8.ToArray();
        string path = folder.Write("inner/model.zip", ZipOf(entries));

        using FileStream stream = File.OpenRead(path);
        ModelPackage package = ModelArchive.Read(stream, path, Limit);

        CollectionAssert.AreEqual(ModelArchiveWriter.WithManifest(Network, Manifest), package.Network);
        CollectionAssert.AreEqual(new[] { path }, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void ReadToMemory_LongerThanAnyModelWithinLimit_IsTooLarge()
    {
        using var stream = new MemoryStream(new byte[40 << 20]);

        ModelFormatException exception = Assert.ThrowsExactly<ModelFormatException>(() => ModelArchive.ReadToMemory(stream, Limit));

        Assert.AreEqual(ModelFault.TooLarge, exception.Fault);
        Assert.IsLessThan(stream.Length, stream.Position);
    }

    /// <summary>A model whose entries are not deflated, so that each byte of them stands in the file.</summary>
    private static byte[] StoredZip() => ZipOf(Entries(TinyModel.Pack(Manifest, Network)), CompressionLevel.NoCompression);

    /// <summary>The bytes of a zip with these entries.</summary>
    internal static byte[] ZipOf(params IEnumerable<(string Name, byte[] Content)> entries) => ZipOf(entries, CompressionLevel.Optimal);

    internal static byte[] ZipOf(IEnumerable<(string Name, byte[] Content)> entries, CompressionLevel level)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in entries)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    /// <summary>The exception that reading these bytes ends in.</summary>
    internal static ModelFormatException Refused(byte[] zip) => Assert.ThrowsExactly<ModelFormatException>(() => Read(zip));

    internal static ModelPackage Read(byte[] zip) => ModelArchive.Read(new MemoryStream(zip), path: null, Limit);

    /// <summary>Content as the network's entry holds it, behind its length.</summary>
    internal static byte[] Prefixed(byte[] content) => [.. BitConverter.GetBytes(content.Length), .. content];

    /// <summary>Bytes that read as an ONNX file without a graph, some more than <paramref name="count"/> of them.</summary>
    internal static byte[] NetworkOf(int count) => NetworkMetadata.Append([], "noise", RandomNumberBytes(count));

    internal static byte[] RandomNumberBytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    internal static byte[] ZipOf(Dictionary<string, byte[]> entries, CompressionLevel level = CompressionLevel.Optimal) =>
        ZipOf(entries.Select(entry => (entry.Key, entry.Value)), level);

    internal static Dictionary<string, byte[]> Entries(byte[] content)
    {
        using var zip = new ZipArchive(new MemoryStream(content));
        return zip.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            byte[] bytes = new byte[entry.Length];
            using Stream stream = entry.Open();
            stream.ReadExactly(bytes);
            return bytes;
        });
    }

    /// <summary>Writes the compressed and the real size into an entry's record of the central directory.</summary>
    private static void SetSizes(byte[] zip, string name, uint size)
    {
        const int CompressedSizeBeforeName = 46 - 20;
        int place = zip.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(name)) - CompressedSizeBeforeName;
        BitConverter.TryWriteBytes(zip.AsSpan(place), size);
        BitConverter.TryWriteBytes(zip.AsSpan(place + 4), size);
    }
}
