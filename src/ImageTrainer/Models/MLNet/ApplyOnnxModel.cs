using System.Buffers.Binary;
using System.Globalization;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// Columns go through an ONNX network, one row at a time. Block:
/// <code>
/// i32 n, n x str                       inputs, which name columns and tensors alike
/// i32 n, n x str                       outputs, likewise
/// i32 n, n x (str, i32 rank, i32[])    shapes that replace the network's own; ours has none
/// i32                                  depth to which protobuf messages may nest
/// </code>
/// The network stands beside it in OnnxModel: i32 length, then the bytes of the ONNX file.
/// </summary>
/// <param name="Inputs">Columns that go in.</param>
/// <param name="Outputs">Columns that come out.</param>
/// <param name="Network">Bytes of the ONNX file.</param>
internal sealed record ApplyOnnxModel(IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, ReadOnlyMemory<byte> Network) : IWritableComponent
{
    /// <summary>Name of the entry that holds the network.</summary>
    public const string NetworkFileName = "OnnxModel";

    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity =
        new("ONNXSCOR", "OnnxTransform", "Microsoft.ML.OnnxTransformer", 0x00010003, 0x00010003);

    // ML.NET's own default, and protobuf's.
    private const int RecursionLimit = 100;

    public string Name => "ApplyOnnxModel";

    public string Summary => string.Create(
        CultureInfo.InvariantCulture, $"{string.Join(", ", Inputs)} -> {string.Join(", ", Outputs)}: {Network.Length:N0} bytes");

    public ComponentIdentity Identity => KnownIdentity;

    public static ApplyOnnxModel Read(ComponentReader reader)
    {
        (string[] inputs, string[] outputs) = (reader.Block.ReadStrings(), reader.Block.ReadStrings());
        SkipShapes(reader.Block);
        _ = reader.Block.ReadInt32();
        return new ApplyOnnxModel(inputs, outputs, reader.ReadNetwork(NetworkFileName));
    }

    public void Write(ComponentWriter writer)
    {
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, Network.Length);
        writer.AddEntry(new ArchiveEntry(NetworkFileName, Network) { Prefix = length, IsStored = true });
        writer.Block.WriteStrings(Inputs);
        writer.Block.WriteStrings(Outputs);
        writer.Block.WriteInt32(0);
        writer.Block.WriteInt32(RecursionLimit);
    }

    private static void SkipShapes(BlockReader block)
    {
        for (int shapes = block.ReadCount(2 * sizeof(int)); shapes > 0; shapes--)
        {
            _ = block.ReadString();
            _ = block.ReadInt32s();
        }
    }
}
