using System.Security.Cryptography;
using ImageTrainer.Backbones;

namespace ImageTrainer.Tests.Backbones;

/// <summary>A store over a temporary cache, with a catalogue of one downloadable backbone, and the file that belongs to it.</summary>
internal sealed class StoreBench : IDisposable
{
    /// <summary>Content of the published file: 300,000 seeded random bytes, several reads long.</summary>
    public static readonly byte[] Content = RandomBytes(300_000, seed: 1);

    /// <summary>Its SHA-256.</summary>
    public static readonly string Digest = Convert.ToHexStringLower(SHA256.HashData(Content));

    /// <summary>Its publisher's name for it, with the first digits of the checksum.</summary>
    public static readonly string FileName = $"resnet50-{Digest[..8]}.pth";

    private readonly TemporaryFolder _folder = new();

    public StoreBench(StoreLoopbackServer? server = null)
        : this(server?.AddressOf(FileName) ?? new Uri("http://127.0.0.1:1/" + FileName))
    {
    }

    public StoreBench(Uri address)
    {
        Descriptor = new BackboneDescriptor
        {
            Name = "resnet50",
            Architecture = "resnet50",
            FileName = FileName,
            Address = address,
            Sha256 = Digest[..8],
            License = "a test's",
        };
        Options = new BackboneStoreOptions
        {
            CacheFolder = _folder.Combine("cache"),
            Folders = [_folder.Combine("folder")],
            ConnectTimeout = TimeSpan.FromSeconds(20),
            StallTimeout = TimeSpan.FromSeconds(20),
            RetryDelay = TimeSpan.FromMilliseconds(1),
        };
        Directory.CreateDirectory(Options.CacheFolder);
        Directory.CreateDirectory(Options.Folders[0]);
    }

    /// <summary>The backbone of the catalogue.</summary>
    public BackboneDescriptor Descriptor { get; }

    /// <summary>Patient time-outs and short pauses; tests of impatience change them.</summary>
    public BackboneStoreOptions Options { get; set; }

    /// <summary>Where the published file is in the cache.</summary>
    public string CachedPath => InCache(FileName);

    /// <summary>A path in the cache.</summary>
    public string InCache(string name) => Path.Combine(Options.CacheFolder, name);

    /// <summary>A path in the user's folder.</summary>
    public string InFolder(string name) => Path.Combine(Options.Folders[0], name);

    /// <summary>A path in neither.</summary>
    public string Elsewhere(string name) => _folder.Combine(name);

    /// <summary>A store with the present options.</summary>
    public BackboneStore Store(HttpMessageHandler? handler = null) => new(
        Options, new BackboneCatalogue([new BackboneCatalogueEntry(Descriptor, 0.286)], BackboneCatalogue.Default.Packaged), handler);

    public void Dispose() => _folder.Dispose();

    public static byte[] RandomBytes(int count, int seed)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
