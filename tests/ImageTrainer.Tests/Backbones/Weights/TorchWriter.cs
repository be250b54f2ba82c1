using System.IO.Compression;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>Writes what torch.save makes of a state_dict, in both formats.</summary>
internal static class TorchWriter
{
    private static readonly Dictionary<string, string> Storages = new()
    {
        ["F16"] = "HalfStorage",
        ["BF16"] = "BFloat16Storage",
        ["F32"] = "FloatStorage",
        ["F64"] = "DoubleStorage",
    };

    /// <summary>The format since PyTorch 1.6.</summary>
    public static byte[] Zip(IReadOnlyList<FixtureTensor> tensors, string elementType = "F32", string? wrapper = null) => Zip(
        Pickle(tensors, elementType, wrapper, isLegacy: false),
        [.. tensors.Select(tensor => SafetensorsWriter.Encode(tensor.Values, elementType))]);

    public static byte[] Zip(byte[] pickle, IReadOnlyList<byte[]> data, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "archive/data.pkl", pickle, level);
            Add(zip, "archive/byteorder", "little"u8.ToArray(), level);
            for (int i = 0; i < data.Count; i++)
                Add(zip, $"archive/data/{i}", data[i], level);
        }

        return bytes.ToArray();
    }

    /// <summary>The format before PyTorch 1.6.</summary>
    public static byte[] Legacy(IReadOnlyList<FixtureTensor> tensors, string elementType = "F32")
    {
        using var bytes = new MemoryStream();
        bytes.Write(LegacyStart());
        bytes.Write(Pickle(tensors, elementType, wrapper: null, isLegacy: true));
        PickleWriter keys = new PickleWriter().Raw((byte)']', (byte)'(');
        for (int i = 0; i < tensors.Count; i++)
            keys.Text($"{i}");
        bytes.Write(keys.Opcode('e').Stop());
        foreach (FixtureTensor tensor in tensors)
        {
            bytes.Write(BitConverter.GetBytes(tensor.Values.LongLength));
            bytes.Write(SafetensorsWriter.Encode(tensor.Values, elementType));
        }

        return bytes.ToArray();
    }

    /// <summary>Magic number, version and machine facts of the older format.</summary>
    public static byte[] LegacyStart() =>
    [
        .. new PickleWriter().Raw(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19).Stop(),
        .. new PickleWriter().Number(1001).Stop(),
        .. new PickleWriter().Raw((byte)'}', (byte)'(').Text("protocol_version").Number(1001).Text("little_endian").Raw(0x88).Opcode('u').Stop(),
    ];

    /// <summary>The pickle of a state_dict, with the attribute and the batch counter that PyTorch puts into one.</summary>
    public static byte[] Pickle(IReadOnlyList<FixtureTensor> tensors, string elementType, string? wrapper, bool isLegacy)
    {
        var pickle = new PickleWriter();
        if (wrapper is not null)
            pickle.Raw((byte)'}', (byte)'(').Text("epoch").Number(90).Text(wrapper);
        pickle.EmptyOrderedDict().Opcode('(');
        for (int i = 0; i < tensors.Count; i++)
        {
            pickle.Text(tensors[i].Name);
            Tensor(pickle, tensors[i].Shape, tensors[i].Values.LongLength, (Storages[elementType], i, isLegacy));
        }

        pickle.Opcode('u').Raw((byte)'}').Text("_metadata").EmptyOrderedDict().Raw((byte)'s', (byte)'b');
        return (wrapper is null ? pickle : pickle.Opcode('u')).Stop();
    }

    public static void Tensor(PickleWriter pickle, long[] shape, long count, (string Kind, int Key, bool IsLegacy) storage, long[]? strides = null)
    {
        pickle.Global("torch._utils", "_rebuild_tensor_v2").Opcode('(');
        pickle.Opcode('(').Text("storage").Global("torch", storage.Kind).Text($"{storage.Key}").Text("cpu").Number(count);
        pickle.Raw(storage.IsLegacy ? [(byte)'N', (byte)'t', (byte)'Q'] : [(byte)'t', (byte)'Q']);
        pickle.Number(0).Tuple(shape).Tuple(strides ?? [.. RowMajor(shape)]).Raw(0x89).EmptyOrderedDict().Raw((byte)'t', (byte)'R');
    }

    private static IEnumerable<long> RowMajor(long[] shape) =>
        shape.Select((_, axis) => shape[(axis + 1)..].Aggregate(1L, (product, size) => product * size));

    private static void Add(ZipArchive zip, string name, byte[] content, CompressionLevel level)
    {
        using Stream entry = zip.CreateEntry(name, level).Open();
        entry.Write(content);
    }
}
