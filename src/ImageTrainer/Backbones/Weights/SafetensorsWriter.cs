using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Writes safetensors files of flat float tensors; <see cref="SafetensorsReader"/> has the format.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">Names and elements, written in this order.</param>
    /// <param name="metadata">Free texts.</param>
    public static void Write(
        Stream stream, IReadOnlyList<(string Name, float[] Values)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        byte[] header = Header(tensors, metadata);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach ((_, float[] values) in tensors) stream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    private static byte[] Header(IReadOnlyList<(string Name, float[] Values)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject(SafetensorsReader.MetadataKey);
            foreach ((string key, string text) in metadata) json.WriteString(key, text);
            json.WriteEndObject();
            long offset = 0;
            foreach ((string name, float[] values) in tensors) offset = WriteTensor(json, name, values.Length, offset);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static long WriteTensor(Utf8JsonWriter json, string name, int count, long begin)
    {
        long end = begin + ((long)count * sizeof(float));
        json.WriteStartObject(name);
        json.WriteString("dtype", "F32");
        json.WriteStartArray("shape");
        json.WriteNumberValue(count);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(begin);
        json.WriteNumberValue(end);
        json.WriteEndArray();
        json.WriteEndObject();
        return end;
    }
}
