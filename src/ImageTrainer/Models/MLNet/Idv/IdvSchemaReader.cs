using System.Buffers.Binary;
using System.IO.Compression;

namespace ImageTrainer.Models.MLNet.Idv;

/// <summary>Reads an <see cref="IdvSchema"/>, which describes the layout; rows, where there are any, are passed over.</summary>
internal static class IdvSchemaReader
{
    // A column takes more bytes than this, so that a wrong count cannot ask for much.
    private const int LeastColumnLength = 20;

    // Vectors and keys hold plain items, as in ML.NET.
    private const int MaxTypeDepth = 3;

    private const int MaxTextCount = 1 << 20;
    private const int MaxBlockLength = 64 << 20;

    /// <summary>Reads the schema of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="InvalidDataException">The bytes are no IDV file.</exception>
    public static IdvSchema Read(byte[] bytes)
    {
        if (bytes.Length < IdvSchema.HeaderLength || BinaryPrimitives.ReadUInt64LittleEndian(bytes) != IdvSchema.HeadMark)
            throw new InvalidDataException("no header of an IDV file");
        var reader = new BoundedReader(bytes);
        reader.Seek(BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(0x18)));
        int count = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(0x30));
        if (count < 0 || count > bytes.Length / LeastColumnLength) throw new InvalidDataException($"{count} columns");
        var columns = new IdvColumn[count];
        for (int i = 0; i < count; i++) columns[i] = ReadColumn(reader);
        return new IdvSchema(columns);
    }

    private static IdvColumn ReadColumn(BoundedReader reader)
    {
        string name = reader.ReadText();
        IdvType type = ReadType(reader, MaxTypeDepth);
        _ = reader.ReadByte();
        _ = reader.ReadLeb();
        _ = reader.ReadInt64();
        long annotations = reader.ReadInt64();
        int next = reader.Position;
        string[]? keyValues = annotations == 0 ? null : ReadKeyValues(reader, annotations);
        reader.Seek(next);
        return new IdvColumn(name, type, keyValues);
    }

    // Keys of anything but text, and all other annotations, are passed over.
    private static string[]? ReadKeyValues(BoundedReader reader, long table)
    {
        reader.Seek(table);
        for (long left = reader.ReadLeb(); left > 0; left--)
        {
            string kind = reader.ReadText();
            IdvType type = ReadType(reader, MaxTypeDepth);
            var compression = (IdvCompression)reader.ReadByte();
            (long offset, long length) = (reader.ReadInt64(), reader.ReadLeb());
            if (kind != IdvSchema.KeyValuesKind || !type.IsTextVector) continue;
            reader.Seek(offset);
            return ReadTexts(new BoundedReader(Expand(reader.ReadBytes(length), compression)));
        }

        return null;
    }

    private static byte[] Expand(byte[] block, IdvCompression compression)
    {
        if (compression == IdvCompression.None) return block;
        using var stored = new MemoryStream(block, writable: false);
        using Stream content = compression == IdvCompression.Deflate
            ? new DeflateStream(stored, CompressionMode.Decompress)
            : new ZLibStream(stored, CompressionMode.Decompress);
        byte[] expanded = new byte[Math.Min(MaxBlockLength, (block.Length * 1100L) + 1024)];
        int length = content.ReadAtLeast(expanded, expanded.Length, throwOnEndOfStream: false);
        return length < expanded.Length ? expanded[..length] : throw new InvalidDataException($"a block of over {MaxBlockLength} bytes");
    }

    private static string[] ReadTexts(BoundedReader block)
    {
        if (block.ReadInt32() is var vectors and not 1) throw new InvalidDataException($"{vectors} vectors of texts");
        int length = block.ReadInt32();
        _ = block.ReadInt32();
        int[] indices = block.ReadInt32s();
        int[] ends = block.ReadInt32s();
        string text = block.ReadText();
        if (length is < 0 or > MaxTextCount) throw new InvalidDataException($"{length} texts");
        string[] texts = new string[length];
        Array.Fill(texts, "");
        for (int i = 0, start = 0; i < ends.Length; i++)
        {
            int place = indices.Length == 0 ? i : indices.ElementAtOrDefault(i);
            if ((uint)place >= (uint)length || ends[i] < start || ends[i] > text.Length)
                throw new InvalidDataException($"text {i} of {length} ends at {ends[i]} of {text.Length} characters");
            texts[place] = text[start..ends[i]];
            start = ends[i];
        }

        return texts;
    }

    private static IdvType ReadType(BoundedReader reader, int depth)
    {
        if (depth == 0) throw new InvalidDataException("a type inside a type inside a type");
        string codec = reader.ReadText();
        var parameters = new BoundedReader(reader.ReadBytes(reader.ReadLength()));
        return codec switch
        {
            IdvType.VectorCodec => IdvType.Vector(ReadType(parameters, depth - 1), parameters.ReadInt32s()),
            IdvType.KeyCodec => IdvType.Key(ReadType(parameters, depth - 1), (ulong)parameters.ReadInt64()),
            _ => IdvType.Plain(codec),
        };
    }
}
