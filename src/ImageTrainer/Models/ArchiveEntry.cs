using System.Security.Cryptography;

namespace ImageTrainer.Models;

/// <summary>One entry of a model.zip on its way into the file.</summary>
/// <param name="Name">Full name, with forward slashes.</param>
/// <param name="Content">What stands after <see cref="Prefix"/>.</param>
internal sealed record ArchiveEntry(string Name, ReadOnlyMemory<byte> Content)
{
    /// <summary>What stands before the content. It lets a large network get its length in front without being copied.</summary>
    public ReadOnlyMemory<byte> Prefix { get; init; }

    /// <summary>Whether the entry is stored as it is, not deflated: for content that does not compress.</summary>
    public bool IsStored { get; init; }

    /// <summary>SHA-256 of prefix and content, lower-case hex.</summary>
    public string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Prefix.Span);
        hash.AppendData(Content.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
