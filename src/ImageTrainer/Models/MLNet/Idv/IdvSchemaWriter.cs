using System.Text;

namespace ImageTrainer.Models.MLNet.Idv;

/// <summary>Writes an <see cref="IdvSchema"/>, which describes the layout.</summary>
internal static class IdvSchemaWriter
{
    /// <summary>Writes a schema.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="compression">
    /// What the file says of its blocks. Only a schema whose columns have no annotations, and so no blocks, can be called deflated.
    /// </param>
    public static byte[] Write(IdvSchema schema, IdvCompression compression)
    {
        if (compression != IdvCompression.None && schema.Columns.Any(column => column.KeyValues is not null))
            throw new ArgumentException("Annotations are written as they are, not deflated.", nameof(compression));
        var content = new MemoryStream();
        var writer = new BinaryWriter(content, Encoding.UTF8);
        writer.Write(new byte[IdvSchema.HeaderLength]);
        long[] annotations = [.. schema.Columns.Select(column => WriteAnnotations(writer, column))];
        long columns = content.Position;
        for (int i = 0; i < annotations.Length; i++) WriteColumn(writer, schema.Columns[i], compression, annotations[i]);
        long tail = content.Position;
        writer.Write(IdvSchema.TailMark);
        WriteHeader(writer, columns, tail, annotations.Length);
        return content.ToArray();
    }

    private static void WriteHeader(BinaryWriter writer, long columns, long tail, int columnCount)
    {
        writer.Seek(0, SeekOrigin.Begin);
        writer.Write(IdvSchema.HeadMark);
        writer.Write(IdvSchema.Version);
        writer.Write(IdvSchema.Version);
        writer.Write(columns);
        writer.Write(tail);
        writer.Write(0L);
        writer.Write(columnCount);
    }

    private static void WriteColumn(BinaryWriter writer, IdvColumn column, IdvCompression compression, long annotations)
    {
        writer.Write(column.Name);
        WriteType(writer, column.Type);
        writer.Write((byte)compression);
        writer.Write7BitEncodedInt(1);
        writer.Write((long)IdvSchema.HeaderLength);
        writer.Write(annotations);
    }

    // The offset of the table of annotations, 0 where there are none.
    private static long WriteAnnotations(BinaryWriter writer, IdvColumn column)
    {
        if (column.KeyValues is not { } texts) return 0;
        long start = writer.BaseStream.Position;
        WriteTexts(writer, texts);
        long table = writer.BaseStream.Position;
        writer.Write7BitEncodedInt(1);
        writer.Write(IdvSchema.KeyValuesKind);
        WriteType(writer, IdvType.Vector(IdvType.Text, texts.Count));
        writer.Write((byte)IdvCompression.None);
        writer.Write(start);
        writer.Write7BitEncodedInt64(table - start);
        return table;
    }

    private static void WriteTexts(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(1);
        writer.Write(texts.Count);
        writer.Write(-1);
        writer.Write(0);
        writer.Write(texts.Count);
        int end = 0;
        foreach (string text in texts) writer.Write(end += text.Length);
        writer.Write(string.Concat(texts));
    }

    private static void WriteType(BinaryWriter writer, IdvType type)
    {
        byte[] parameters = Parameters(type);
        writer.Write(type.Codec);
        writer.Write7BitEncodedInt(parameters.Length);
        writer.Write(parameters);
    }

    private static byte[] Parameters(IdvType type)
    {
        if (type.Item is null) return [];
        var content = new MemoryStream();
        var writer = new BinaryWriter(content, Encoding.UTF8);
        WriteType(writer, type.Item);
        if (type.Codec == IdvType.KeyCodec)
        {
            writer.Write(type.KeyCount);
        }
        else
        {
            writer.Write(type.Dimensions.Count);
            foreach (int size in type.Dimensions) writer.Write(size);
        }

        return content.ToArray();
    }
}
