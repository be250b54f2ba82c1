using System.Text;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// The file that says which class reads a folder of an ML.NET zip, and what that class should know. Little-endian:
/// <code>
/// 00  u64      0x4C45444F4D004C4D, "ML\0MODEL"
/// 08  u32 u32  version of this header written, readable: 0x00010002 both
/// 10  i64 i64  block: offset, always 256; length
/// 20  i64 i64  string table: offset, length; 8 bytes a string
/// 30  i64 i64  string characters: offset, length
/// 40  8 bytes  signature of the block, ASCII, a space written as 0
/// 48  u32 u32  version of the block written, readable
/// 50  24 + 24  name of the loader, alternative name (unused), ASCII, padded with 0
/// 80  i64 i64  tail offset; end of the file, which is 8 further
/// 90  i64 u32  assembly name: offset, length in bytes
/// 9C  zeros to 100
/// 100          block
///              string table: for each string i64, where it ENDS in the characters, in bytes
///              string characters, UTF-16, no terminators
///              assembly name with version, culture and key, UTF-16
///              u64 0x4D4C004D4F44454C, the tail
/// </code>
/// Without strings the four fields at 20 to 3F are 0.
/// </summary>
/// <param name="Identity">Which class reads it.</param>
/// <param name="Block">The block.</param>
/// <param name="Strings">The string table.</param>
internal sealed record ModelKey(ComponentIdentity Identity, ReadOnlyMemory<byte> Block, IReadOnlyList<string> Strings)
{
    /// <summary>Name of the file in its folder.</summary>
    public const string FileName = "Model.key";

    internal const ulong HeadMark = 0x4C45444F4D004C4D;
    internal const ulong TailMark = 0x4D4C004D4F44454C;
    internal const uint HeaderVersion = 0x00010002;
    internal const int HeaderLength = 256;
    internal const int SignatureLength = 8;
    internal const int LoaderLength = 24;

    // Part of every name that ML.NET resolves; the version is that of the strong name and has never changed.
    internal const string AssemblySuffix = ", Version=1.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51";

    /// <summary>The bytes of the file.</summary>
    public byte[] ToBytes()
    {
        byte[] assembly = Encoding.Unicode.GetBytes(Identity.Assembly + AssemblySuffix);
        byte[][] strings = [.. Strings.Select(Encoding.Unicode.GetBytes)];
        var content = new MemoryStream();
        var writer = new BinaryWriter(content);
        WriteHeader(writer, strings, assembly.Length);
        writer.Write(Block.Span);
        long end = 0;
        foreach (byte[] text in strings) writer.Write(end += text.Length);
        foreach (byte[] text in strings) writer.Write(text);
        writer.Write(assembly);
        writer.Write(TailMark);
        return content.ToArray();
    }

    private void WriteHeader(BinaryWriter writer, byte[][] strings, int assemblyLength)
    {
        long table = HeaderLength + Block.Length;
        long tableLength = strings.Length * sizeof(long);
        long characters = table + tableLength;
        long charactersLength = strings.Sum(text => (long)text.Length);
        long assembly = characters + charactersLength;
        long tail = assembly + assemblyLength;

        writer.Write(HeadMark);
        writer.Write(HeaderVersion);
        writer.Write(HeaderVersion);
        writer.Write((long)HeaderLength);
        writer.Write((long)Block.Length);
        foreach (long field in (long[])[table, tableLength, characters, charactersLength])
            writer.Write(strings.Length == 0 ? 0 : field);
        writer.Write(Padded(Identity.Signature.Replace(' ', '\0'), SignatureLength));
        writer.Write(Identity.VersionWritten);
        writer.Write(Identity.VersionReadable);
        writer.Write(Padded(Identity.Loader, LoaderLength));
        writer.Write(Padded("", LoaderLength));
        writer.Write(tail);
        writer.Write(tail + sizeof(ulong));
        writer.Write(assembly);
        writer.Write(assemblyLength);
        writer.Write(new byte[HeaderLength - writer.BaseStream.Position]);
    }

    private static byte[] Padded(string text, int length)
    {
        byte[] bytes = new byte[length];
        Encoding.ASCII.GetBytes(text, bytes);
        return bytes;
    }
}
