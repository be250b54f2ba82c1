using System.Security.Cryptography;

namespace ImageTrainer.Backbones.Downloading;

/// <summary>SHA-256 of whole files, and its comparison with what a publisher says.</summary>
internal static class FileDigest
{
    /// <summary>SHA-256 of a file: 64 lower-case hex digits.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static string Sha256(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Whether a full digest begins with the digits expected.</summary>
    /// <param name="digest">64 lower-case hex digits.</param>
    /// <param name="expected">8 to 64 of them, in either case.</param>
    public static bool Matches(string digest, string expected) => digest.StartsWith(expected, StringComparison.OrdinalIgnoreCase);
}
