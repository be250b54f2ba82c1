using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Reads safetensors files: 8 bytes of header length, a JSON header {"name": {"dtype", "shape", "data_offsets": [begin, end]}}, and the
/// data that the offsets count from (https://github.com/huggingface/safetensors, section Format).
/// </summary>
internal static class SafetensorsReader
{
    private const int PrefixLength = sizeof(ulong);

    // A ResNet-152's header has 100 KB.
    private const int MaxHeaderLength = 16 << 20;

    /// <summary>Key of the header's free texts.</summary>
    public const string MetadataKey = "__metadata__";

    /// <summary>Lists the tensors of a file; whole numbers and truth values are left out.</summary>
    /// <exception cref="BackboneException">The header is damaged, or tensors overlap or reach beyond the file.</exception>
    public static WeightSet Read(WeightFile file)
    {
        int headerLength = ReadHeaderLength(file);
        var set = new WeightSet(file);
        var ranges = new List<(long Begin, long End, string Name)>();
        foreach ((string name, SafetensorsEntry entry) in ReadHeader(file, headerLength))
        {
            ranges.Add(Locate(file, name, entry, PrefixLength + headerLength));
            AddTensor(set, name, entry, PrefixLength + headerLength);
        }

        CheckOverlaps(file, ranges);
        return set;
    }

    /// <summary>The free texts of a file, by key; empty where it has none.</summary>
    /// <exception cref="BackboneException">The header is damaged.</exception>
    public static IReadOnlyDictionary<string, string> ReadMetadata(WeightFile file)
    {
        try
        {
            var header = JsonSerializer.Deserialize(file.Read(PrefixLength, ReadHeaderLength(file)), SafetensorsJson.Default.DictionaryStringJsonElement);
            return header!.TryGetValue(MetadataKey, out JsonElement texts)
                ? texts.Deserialize(SafetensorsJson.Default.DictionaryStringString)!
                : new Dictionary<string, string>();
        }
        catch (JsonException exception)
        {
            throw file.Fault("its safetensors header is not the JSON that the format asks for", exception);
        }
    }

    /// <summary>Whether the file starts like this format: a header length that fits, and a brace.</summary>
    public static bool IsSafetensors(WeightFile file)
    {
        if (file.Length < PrefixLength + 2)
            return false;
        byte[] start = file.Read(0, PrefixLength + 1);
        return BinaryPrimitives.ReadUInt64LittleEndian(start) <= uint.MaxValue && start[PrefixLength] == '{';
    }

    private static int ReadHeaderLength(WeightFile file)
    {
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Read(0, PrefixLength));
        if (length > MaxHeaderLength || (long)length > file.Length - PrefixLength)
            throw file.Fault($"its safetensors header claims {length} bytes; the file has {file.Length}, and {MaxHeaderLength} is the limit");
        return (int)length;
    }

    private static List<(string Name, SafetensorsEntry Entry)> ReadHeader(WeightFile file, int length)
    {
        try
        {
            var header = JsonSerializer.Deserialize(file.Read(PrefixLength, length), SafetensorsJson.Default.DictionaryStringJsonElement);
            return
            [
                .. from entry in header!
                   where entry.Key != MetadataKey
                   select (entry.Key, entry.Value.Deserialize(SafetensorsJson.Default.SafetensorsEntry)!),
            ];
        }
        catch (JsonException exception)
        {
            throw file.Fault("its safetensors header is not the JSON that the format asks for", exception);
        }
    }

    private static (long Begin, long End, string Name) Locate(WeightFile file, string name, SafetensorsEntry entry, long dataStart)
    {
        if (entry?.Offsets is not [var begin, var end] || begin < 0 || end < begin || end > file.Length - dataStart)
            throw file.Fault($"the tensor '{name}' does not lie inside the {file.Length - dataStart} bytes of data");
        return (begin, end, name);
    }

    private static void AddTensor(WeightSet set, string name, SafetensorsEntry entry, long dataStart)
    {
        WeightElementType type = ToElementType(entry.ElementType);
        if (type == WeightElementType.Other)
            return;
        long length = entry.Offsets[1] - entry.Offsets[0];
        if ((long?)TensorExtent.ElementCount(entry.Shape) * type.ByteCount() != length)
            throw set.File.Fault($"the tensor '{name}' takes {length} bytes, which do not hold {WeightTensor.ToText(entry.Shape)} of {type}");
        set.Add(new WeightTensor(name, type, [.. entry.Shape], WeightTensor.RowMajor(entry.Shape), dataStart + entry.Offsets[0]));
    }

    private static void CheckOverlaps(WeightFile file, List<(long Begin, long End, string Name)> ranges)
    {
        ranges.Sort();
        for (int i = 1; i < ranges.Count; i++)
        {
            if (ranges[i].Begin < ranges[i - 1].End)
                throw file.Fault($"the tensors '{ranges[i - 1].Name}' and '{ranges[i].Name}' overlap");
        }
    }

    private static WeightElementType ToElementType(string name) => name switch
    {
        "F16" => WeightElementType.Float16,
        "BF16" => WeightElementType.BFloat16,
        "F32" => WeightElementType.Float32,
        "F64" => WeightElementType.Float64,
        _ => WeightElementType.Other,
    };
}

/// <summary>One tensor, as the header has it.</summary>
/// <param name="ElementType">"F32" and the like.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Offsets">Where its bytes begin and end.</param>
internal sealed record SafetensorsEntry(
    [property: JsonPropertyName("dtype")] string ElementType,
    [property: JsonPropertyName("shape")] long[] Shape,
    [property: JsonPropertyName("data_offsets")] long[] Offsets);

[JsonSourceGenerationOptions(AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(SafetensorsEntry))]
internal sealed partial class SafetensorsJson : JsonSerializerContext;

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
