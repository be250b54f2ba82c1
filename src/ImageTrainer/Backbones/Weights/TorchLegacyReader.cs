namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Reads what torch.save wrote before PyTorch 1.6: five pickles (a magic number, a version, facts about the machine, the object, the keys
/// of the storages), then for each key the number of elements in 8 bytes and the elements.
/// </summary>
internal static class TorchLegacyReader
{
    private const long ProtocolVersion = 1001;

    // The pickle of the 10-byte whole number 0x1950a86a20f9469cfc6c: protocol 2, LONG1, its length, its bytes, STOP.
    private static ReadOnlySpan<byte> MagicNumber =>
        [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>Whether the file starts with the format's magic number.</summary>
    public static bool IsLegacy(WeightFile file) =>
        file.Length >= MagicNumber.Length && file.Read(0, MagicNumber.Length).AsSpan().SequenceEqual(MagicNumber);

    /// <summary>Lists the floating-point tensors of a file.</summary>
    /// <exception cref="BackboneException">The file is damaged, of a big-endian machine, or asks for anything but tensors.</exception>
    public static WeightSet Read(WeightFile file)
    {
        var input = new PickleInput(file, MagicNumber.Length, file.Length);
        if (PickleReader.Read(input) is not ProtocolVersion)
            throw file.Fault($"it is not of version {ProtocolVersion} of the older PyTorch format");
        if (PickleReader.Read(input) is not PickleDictionary machine || machine.Find("little_endian") is not true)
            throw file.Fault("it was written on a big-endian machine");
        object? root = PickleReader.Read(input);
        object? keys = PickleReader.Read(input);
        Dictionary<string, (long Offset, long Count)> places = LocateStorages(file, input.Position, keys, root);
        return PickledTensors.Gather(file, root, storage => Locate(file, places, storage));
    }

    private static (long Offset, long Length) Locate(
        WeightFile file, Dictionary<string, (long Offset, long Count)> places, PickleStorage storage)
    {
        if (!places.TryGetValue(storage.Key, out (long Offset, long Count) place) || place.Count != storage.ElementCount)
            throw file.Fault($"the data '{storage.Key}' is missing or has another length than its tensors say");
        return (place.Offset, place.Count * storage.Kind.ElementSize);
    }

    // A storage's element size is known from the tensors only, and without it the next one cannot be found.
    private static Dictionary<string, (long Offset, long Count)> LocateStorages(WeightFile file, long position, object? keys, object? root)
    {
        Dictionary<string, TorchStorageKind> kinds = FindKinds(root);
        var places = new Dictionary<string, (long Offset, long Count)>(StringComparer.Ordinal);
        foreach (object? key in keys as PickleList ?? throw file.Fault("its list of data is no list"))
        {
            if (key is not string name || !kinds.TryGetValue(name, out TorchStorageKind? kind))
                throw file.Fault($"its list of data names '{key}', which no tensor takes");
            long count = BitConverter.ToInt64(file.Read(position, sizeof(long)));
            position += sizeof(long);
            if (count < 0 || count > (file.Length - position) / kind.ElementSize)
                throw file.Fault($"it ends inside the data '{name}', {count} elements from position {position} on");
            places[name] = (position, count);
            position += count * kind.ElementSize;
        }

        return places;
    }

    private static Dictionary<string, TorchStorageKind> FindKinds(object? root)
    {
        var kinds = new Dictionary<string, TorchStorageKind>(StringComparer.Ordinal);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var pending = new Stack<object?>([root]);
        while (pending.TryPop(out object? value))
        {
            if (value is PickleTensor { Storage: var storage })
                kinds[storage.Key] = storage.Kind;
            else if (value is not null && seen.Add(value))
                PushInner(pending, value);
        }

        return kinds;
    }

    private static void PushInner(Stack<object?> pending, object value)
    {
        IEnumerable<object?> inner = value switch
        {
            PickleDictionary dictionary => dictionary.Entries.Select(entry => entry.Value),
            PickleList list => list,
            object?[] tuple => tuple,
            _ => [],
        };
        foreach (object? item in inner)
            pending.Push(item);
    }
}
