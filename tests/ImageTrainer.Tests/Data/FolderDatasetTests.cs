using System.Net.Sockets;
using ImageTrainer.Data;

namespace ImageTrainer.Tests.Data;

[TestClass]
public sealed class FolderDatasetTests
{
    [TestMethod]
    public void FromFolder_NestedFoldersAndAnyLanguage_GivesImagesInOrdinalOrder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("划痕, 深/b/2.png", TinyPng.Of(1));
        folder.Write("划痕, 深/1.png", TinyPng.Of(2));
        folder.Write("OK  part/z", TinyPng.Of(3));
        folder.Write("OK  part/Z.png", TinyPng.Of(4));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path + Path.DirectorySeparatorChar);

        CollectionAssert.AreEqual(
            new[] { "OK  part/Z.png", "OK  part/z", "划痕, 深/1.png", "划痕, 深/b/2.png" },
            dataset.Images.Select(image => image.RelativePath).ToArray());
        CollectionAssert.AreEqual(new[] { "OK  part", "划痕, 深" }, dataset.Labels.ToArray());
        CollectionAssert.AreEqual(new LabelCount[] { new("OK  part", 2), new("划痕, 深", 2) }, dataset.LabelCounts.ToArray());
        Assert.AreEqual(folder.Path, dataset.Root);
        Assert.AreEqual(folder.Combine("划痕, 深", "b", "2.png"), dataset.Images[3].Path);
    }

    [TestMethod]
    public void FromFolder_HiddenFilesAndLitter_ArePassedOverInSilence()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        foreach (string name in new[] { ".DS_Store", "a/.DS_Store", "a/Thumbs.db", "a/desktop.ini", "a/._1.png", ".git/2.png", "__MACOSX/a/3.png" })
            folder.Write(name, TinyPng.Of(2));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        Assert.HasCount(1, dataset.Images);
        Assert.IsEmpty(dataset.IgnoredFiles);
        Assert.IsEmpty(dataset.Notices);
    }

    [TestMethod]
    public void FromFolder_FoldersOfThumbnailsAndDeletedFiles_AreLeftOutAndToldOnce()
    {
        using var folder = new TemporaryFolder();
        string[] litter = ["#recycle", "$RECYCLE.BIN", "@eaDir", "System Volume Information", "lost+found", ".@__thumb"];
        folder.Write("a/1.png", TinyPng.Of(1));
        foreach (string name in litter) folder.Write($"{name}/a/1.png", TinyPng.Of(2));
        folder.Write("a/@eaDir/1.png/thumb.png", TinyPng.Of(3));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        Assert.AreEqual("a/1.png", dataset.Images.Single().RelativePath);
        CollectionAssert.AreEquivalent(litter, dataset.IgnoredFiles.Select(file => file.RelativePath).ToArray());
        Assert.AreEqual(
            "the system keeps thumbnails or deleted files in it; 2 folders have this name",
            dataset.IgnoredFiles.Single(file => file.RelativePath == "@eaDir").Reason);
    }

    [TestMethod]
    public void FromFolder_FilesThatAreNoImages_AreListedWithTheReason()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/image.txt", TinyPng.Of(1));
        folder.Write("a/text.jpg", "not a photo, whatever its name says");
        folder.Write("a/empty.png", "");
        folder.Write("README.md", "about these photos");
        folder.Write("stray.png", TinyPng.Of(2));
        File.CreateSymbolicLink(folder.Combine("a", "broken.png"), folder.Combine("nowhere.png"));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        Assert.AreEqual("a/image.txt", dataset.Images.Single().RelativePath);
        IgnoredFile[] expected =
        [
            new("README.md", "it is no image"),
            new("a/broken.png", "it leads to a file that does not exist", IsUnreadable: true),
            new("a/empty.png", "it is empty"),
            new("a/text.jpg", "it is no image"),
            new("stray.png", "it lies outside the class folders and so has no label"),
        ];
        CollectionAssert.AreEqual(expected, dataset.IgnoredFiles.ToArray());
        StringAssert.StartsWith(dataset.Notices.Single(), "1 image outside the class folders of ");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public void FromFolder_NamesThatAreNotUtf8_AreListedWithTheReason()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        try
        {
            Shell(folder, "bad=$(printf 'bad\\377'); cp a/1.png \"a/$bad.png\"; mkdir \"$bad\" \"a/$bad\"");

            ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

            const string Reason = "its name is not valid UTF-8";
            Assert.AreEqual("a/1.png", dataset.Images.Single().RelativePath);
            string[] expected = ["a/bad\uFFFD", "a/bad\uFFFD.png", "bad\uFFFD"];
            CollectionAssert.AreEqual(
                expected.Select(path => new IgnoredFile(path, Reason, IsUnreadable: true)).ToArray(),
                dataset.IgnoredFiles.ToArray(),
                string.Join(", ", dataset.IgnoredFiles));
        }
        finally
        {
            // .NET cannot delete them.
            Shell(folder, "rm -r *");
        }
    }

    [TestMethod]
    public void FromFolder_EmptyClassFolder_IsNotedAndNoClass()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        folder.Write("c/notes.txt", "no photo yet");
        Directory.CreateDirectory(folder.Combine("b"));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        CollectionAssert.AreEqual(new[] { "a" }, dataset.Labels.ToArray());
        StringAssert.StartsWith(dataset.Notices.Single(), "'b', 'c' in ");
    }

    [TestMethod]
    public void FromFolder_LabelsThatLookTheSame_AreNotedAndKeptApart()
    {
        using var folder = new TemporaryFolder();
        folder.Write("Cat/1.png", TinyPng.Of(1));
        folder.Write("cat /2.png", TinyPng.Of(2));
        folder.Write("dog/3.png", TinyPng.Of(3));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        CollectionAssert.AreEqual(new[] { "Cat", "cat ", "dog" }, dataset.Labels.ToArray());
        StringAssert.StartsWith(dataset.Notices.Single(), "'Cat', 'cat ' differ only");
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    public void FromFolder_LinksThatLeadBack_AreListedAndNotFollowed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        folder.Write("a/sub/2.png", TinyPng.Of(2));
        folder.Write("b/3.png", TinyPng.Of(3));
        Directory.CreateSymbolicLink(folder.Combine("a", "sub", "up"), folder.Combine("a"));
        Directory.CreateSymbolicLink(folder.Combine("a", "again"), folder.Combine("a", "sub"));
        Directory.CreateSymbolicLink(folder.Combine("a", "whole"), folder.Path);
        Directory.CreateSymbolicLink(folder.Combine("everything"), folder.Path);
        File.CreateSymbolicLink(folder.Combine("b", "self"), folder.Combine("b", "self"));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        CollectionAssert.AreEqual(new[] { "a/1.png", "a/sub/2.png", "b/3.png" }, dataset.Images.Select(image => image.RelativePath).ToArray());
        CollectionAssert.AreEqual(
            new[] { "a/again", "a/sub/up", "a/whole", "b/self", "everything" },
            dataset.IgnoredFiles.Select(file => file.RelativePath).ToArray());
    }

    [TestMethod]
    public void FromFolder_LinksToPhotosElsewhere_AreFollowed()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        string photo = elsewhere.Write("photo.png", TinyPng.Of(1));
        elsewhere.Write("more/deep/2.png", TinyPng.Of(2));
        Directory.CreateDirectory(folder.Combine("a"));
        File.CreateSymbolicLink(folder.Combine("a", "link.png"), photo);
        Directory.CreateSymbolicLink(folder.Combine("b"), elsewhere.Combine("more"));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        CollectionAssert.AreEqual(new[] { "a/link.png", "b/deep/2.png" }, dataset.Images.Select(image => image.RelativePath).ToArray());
        Assert.IsEmpty(dataset.IgnoredFiles);
    }

    [TestMethod]
    [Timeout(30_000, CooperativeCancellation = true)]
    [OSCondition(ConditionMode.Exclude, OperatingSystems.Windows)]
    public void FromFolder_PipesAndSockets_AreListedAndNotOpened()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/1.png", TinyPng.Of(1));
        using var makePipe = System.Diagnostics.Process.Start("mkfifo", [folder.Combine("a", "pipe.png")]);
        makePipe.WaitForExit();
        File.CreateSymbolicLink(folder.Combine("a", "toPipe.png"), folder.Combine("a", "pipe.png"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder.Combine("a", "socket.png")));

        ImageDataset dataset = ImageDataset.FromFolder(folder.Path);

        Assert.HasCount(1, dataset.Images);
        CollectionAssert.AreEqual(
            new[] { "a/pipe.png", "a/socket.png", "a/toPipe.png" },
            dataset.IgnoredFiles.Select(file => file.RelativePath).ToArray());
    }

    [TestMethod]
    public void FromFolder_NoSuchFolder_SaysSo()
    {
        using var folder = new TemporaryFolder();
        string missing = folder.Combine("missing");

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromFolder(missing));

        Assert.AreEqual($"There is no folder '{missing}'; check the path.", exception.Message);
        Assert.AreEqual(missing, exception.Path);
    }

    [TestMethod]
    public void FromFolder_ImagesButNoClassFolders_SaysWhereToPutThem()
    {
        using var folder = new TemporaryFolder();
        folder.Write("1.png", TinyPng.Of(1));
        folder.Write("2.png", TinyPng.Of(2));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromFolder(folder.Path));

        StringAssert.StartsWith(exception.Message, "2 images in ");
        StringAssert.Contains(exception.Message, "put those of each class into a folder named after it");
    }

    [TestMethod]
    public void FromFolder_NoImages_SaysWhatIsNeeded()
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/readme.txt", "nothing here");

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromFolder(folder.Path));

        StringAssert.Contains(exception.Message, "has no images among 1 file (such as 'a/readme.txt': it is no image); put a folder per class there");
    }

    [TestMethod]
    public void FromFolder_DividedDataset_RefusesToTakeThePartsForClasses()
    {
        using var folder = new TemporaryFolder();
        folder.Write("train/a/1.png", TinyPng.Of(1));
        folder.Write("test/a/2.png", TinyPng.Of(2));

        DatasetException exception = Assert.ThrowsExactly<DatasetException>(() => ImageDataset.FromFolder(folder.Path));

        StringAssert.Contains(exception.Message, "DatasetSource.Load");
        Assert.AreEqual("a", ImageDataset.FromFolder(folder.Combine("train")).Labels.Single());
    }

    [TestMethod]
    [TestCategory(TestData.Category)]
    public void FromFolder_FlowerPhotos_FindsFiveClassesOfHundred()
    {
        string folder = TestData.Path("flower_photos");

        ImageDataset dataset = ImageDataset.FromFolder(folder);

        CollectionAssert.AreEqual(
            new LabelCount[] { new("daisy", 100), new("dandelion", 100), new("roses", 100), new("sunflowers", 100), new("tulips", 100) },
            dataset.LabelCounts.ToArray());
    }

    private static void Shell(TemporaryFolder folder, string script)
    {
        var start = new System.Diagnostics.ProcessStartInfo("/bin/sh", ["-c", script]) { WorkingDirectory = folder.Path };
        using var shell = System.Diagnostics.Process.Start(start)!;
        shell.WaitForExit();
    }
}
