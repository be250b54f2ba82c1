using System.Text;
using ImageTrainer.Onnx;

namespace ImageTrainer.Models;

/// <summary>The <c>metadata_props</c> of an ONNX file: texts under keys, beside the graph.</summary>
internal static class NetworkMetadata
{
    /// <summary>ModelProto.metadata_props, StringStringEntryProto.key and .value of onnx.proto.</summary>
    private const int MetadataField = 14, KeyField = 1, ValueField = 2;

    /// <summary>Finds a text where it lies; of several, the last.</summary>
    /// <param name="network">Bytes of an ONNX file.</param>
    /// <param name="key">Its key.</param>
    /// <param name="value">The text in UTF-8.</param>
    /// <returns>Whether there is one.</returns>
    public static bool TryFind(byte[] network, string key, out ReadOnlySpan<byte> value)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(key);
        bool isFound = false;
        value = default;
        var fields = new ProtobufFields(network, 0, network.Length);
        while (fields.MoveNext())
        {
            if (fields.Number != MetadataField || !IsKey(fields.Message, wanted)) continue;
            isFound = true;
            value = ValueOf(fields.Message);
        }

        return isFound;
    }

    /// <summary>
    /// The file with one text more. Messages of protobuf may be appended to each other, and repeated fields grow by that.
    /// </summary>
    /// <param name="network">Bytes of an ONNX file.</param>
    /// <param name="key">Key of the text.</param>
    /// <param name="value">The text in UTF-8.</param>
    public static byte[] Append(byte[] network, string key, ReadOnlySpan<byte> value)
    {
        byte[] entry = [.. ProtobufFields.Encode(KeyField, Encoding.UTF8.GetBytes(key)), .. ProtobufFields.Encode(ValueField, value)];
        return [.. network, .. ProtobufFields.Encode(MetadataField, entry)];
    }

    private static bool IsKey(ProtobufFields entry, byte[] wanted)
    {
        while (entry.MoveNext())
        {
            if (entry.Number == KeyField) return entry.Bytes.SequenceEqual(wanted);
        }

        return false;
    }

    private static ReadOnlySpan<byte> ValueOf(ProtobufFields entry)
    {
        while (entry.MoveNext())
        {
            if (entry.Number == ValueField) return entry.Bytes;
        }

        return default;
    }
}
