using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones;

[TestClass]
public sealed class StoreOptionsTests
{
    private static readonly string Root = Path.GetFullPath("/");

    [TestMethod]
    public void From_NoVariables_HasNoFoldersAndDownloads()
    {
        BackboneStoreOptions options = BackboneStoreOptions.From(_ => null, Path.Combine(Root, "home", "cache"));

        Assert.IsEmpty(options.Folders);
        Assert.IsTrue(options.AllowDownload);
        Assert.AreEqual(Path.Combine(Root, "home", "cache"), options.CacheFolder);
    }

    [TestMethod]
    public void From_Folders_SplitsThemAndDropsEmptyOnes()
    {
        string one = Path.Combine(Root, "one");
        string two = Path.Combine(Root, "two");

        BackboneStoreOptions options = From(("IMAGETRAINER_BACKBONES", string.Join(Path.PathSeparator, one, " ", two, "")));

        CollectionAssert.AreEqual(new[] { one, two }, options.Folders.ToArray());
    }

    [TestMethod]
    [DataRow("1", false)]
    [DataRow("true", false)]
    [DataRow("0", true)]
    [DataRow("No", true)]
    [DataRow("", true)]
    public void From_Offline_SwitchesDownloadsOff(string value, bool allowed) =>
        Assert.AreEqual(allowed, From(("IMAGETRAINER_OFFLINE", value)).AllowDownload);

    [TestMethod]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    [DataRow("/elsewhere", "/elsewhere/imagetrainer")]
    [DataRow("relative", "/cache")]
    public void From_XdgCacheHome_IsHonouredWhereItIsAbsolute(string value, string expected) =>
        Assert.AreEqual(expected, From(("XDG_CACHE_HOME", value)).CacheFolder);

    [TestMethod]
    public void Store_OptionsOutOfRange_NamesAllOfThem()
    {
        var options = new BackboneStoreOptions { CacheFolder = " ", StallTimeout = TimeSpan.Zero, RetryCount = -1 };

        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => new BackboneStore(options));

        Assert.Contains("CacheFolder", error.Message);
        Assert.Contains("StallTimeout", error.Message);
        Assert.Contains("RetryCount", error.Message);
    }

    private static BackboneStoreOptions From((string Name, string Value) variable) =>
        BackboneStoreOptions.From(name => name == variable.Name ? variable.Value : null, "/cache");
}
