using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>Writes safetensors files.</summary>
internal static class SafetensorsWriter
{
    public static byte[] Write(IEnumerable<FixtureTensor> tensors, string elementType = "F32")
    {
        var header = new Dictionary<string, object> { ["__metadata__"] = new Dictionary<string, string> { ["format"] = "pt" } };
        using var data = new MemoryStream();
        foreach (FixtureTensor tensor in tensors)
        {
            long begin = data.Length;
            data.Write(Encode(tensor.Values, elementType));
            header[tensor.Name] = new { dtype = elementType, shape = tensor.Shape, data_offsets = new[] { begin, data.Length } };
        }

        return Assemble(JsonSerializer.Serialize(header), data.ToArray());
    }

    public static byte[] Assemble(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. data];
    }

    public static byte[] Encode(float[] values, string elementType) => elementType switch
    {
        "F16" => [.. MemoryMarshal.AsBytes<Half>(values.Select(value => (Half)value).ToArray())],
        "BF16" => [.. MemoryMarshal.AsBytes<ushort>(values.Select(value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)).ToArray())],
        "F64" => [.. MemoryMarshal.AsBytes<double>(values.Select(value => (double)value).ToArray())],
        _ => [.. MemoryMarshal.AsBytes<float>(values)],
    };
}
