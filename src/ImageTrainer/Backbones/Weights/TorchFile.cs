using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Reads what torch.save writes since PyTorch 1.6: a zip of uncompressed entries, NAME/data.pkl with the object and NAME/data/KEY with the
/// numbers.
/// </summary>
internal static class TorchZipReader
{
    private const string PickleName = "data.pkl";

    /// <summary>Lists the floating-point tensors of a file.</summary>
    /// <exception cref="BackboneException">The file is damaged, of a big-endian machine, or asks for anything but tensors.</exception>
    public static WeightSet Read(WeightFile file)
    {
        ZipDirectory zip = ZipDirectory.Read(file);
        string[] pickles = [.. zip.Names.Where(name => name == PickleName || name.EndsWith($"/{PickleName}", StringComparison.Ordinal))];
        if (pickles.Length != 1)
            throw file.Fault($"it is a zip with {pickles.Length} entries {PickleName} where PyTorch writes one");
        string root = pickles[0][..^PickleName.Length];
        CheckByteOrder(file, zip, $"{root}byteorder");
        (long start, long length) = zip.Locate(pickles[0]);
        object? content = PickleReader.Read(new PickleInput(file, start, start + length));
        return PickledTensors.Gather(file, content, storage => zip.Locate($"{root}data/{storage.Key}"));
    }

    private static void CheckByteOrder(WeightFile file, ZipDirectory zip, string name)
    {
        if (!zip.Names.Contains(name))
            return;
        (long start, long length) = zip.Locate(name);
        if (Encoding.ASCII.GetString(file.Read(start, (int)Math.Min(length, 16))) != "little")
            throw file.Fault("it was written on a big-endian machine");
    }
}

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

/// <summary>Gathers the tensors of a pickled checkpoint.</summary>
internal static class PickledTensors
{
    // {"model": {"state_dict": {...}}} and the like.
    private const int MaxDepth = 4;

    /// <summary>
    /// Lists the tensors of nested dicts under dotted names ("state_dict.conv1.weight"), each dict once; other values are passed over, and
    /// so are tensors of whole numbers.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="root">What its pickle holds.</param>
    /// <param name="locate">Gives position and length in bytes of a storage.</param>
    /// <exception cref="BackboneException">The root is no dict, or a tensor reaches beyond its storage.</exception>
    public static WeightSet Gather(WeightFile file, object? root, Func<PickleStorage, (long Offset, long Length)> locate)
    {
        if (root is not PickleDictionary dictionary)
            throw file.Fault("it does not hold a dict of tensors; save model.state_dict(), not the model");
        var set = new WeightSet(file);
        var seen = new HashSet<PickleDictionary>();
        var pending = new Stack<(PickleDictionary Dictionary, string Prefix, int Depth)>([(dictionary, "", 1)]);
        while (pending.TryPop(out var next))
        {
            foreach ((object? key, object? value) in seen.Add(next.Dictionary) ? next.Dictionary.Entries : [])
            {
                if (key is string name && value is PickleTensor tensor)
                    Add(set, next.Prefix + name, tensor, locate);
                else if (key is string group && value is PickleDictionary inner && next.Depth < MaxDepth)
                    pending.Push((inner, $"{next.Prefix}{group}.", next.Depth + 1));
            }
        }

        return set;
    }

    private static void Add(WeightSet set, string name, PickleTensor tensor, Func<PickleStorage, (long Offset, long Length)> locate)
    {
        PickleStorage storage = tensor.Storage;
        if (storage.Kind.ElementType == WeightElementType.Other)
            return;
        (long offset, long length) = locate(storage);
        if (TensorExtent.ElementCount(tensor.Shape) is not { } count || !TensorExtent.IsDense(tensor.Shape, tensor.Strides))
            throw set.File.Fault($"the tensor '{name}' {WeightTensor.ToText(tensor.Shape)} has strides {WeightTensor.ToText(tensor.Strides)}");
        if (storage.ByteCount > length || tensor.Offset < 0 || tensor.Offset > storage.ElementCount - count)
            throw set.File.Fault($"the tensor '{name}' {WeightTensor.ToText(tensor.Shape)} reaches beyond its data");
        long start = offset + (tensor.Offset * storage.Kind.ElementSize);
        set.Add(new WeightTensor(name, storage.Kind.ElementType, tensor.Shape, tensor.Strides, start));
    }
}

/// <summary>The Python objects that a file of tensors needs, and what they stand for here. No other is let through.</summary>
internal static class TorchGlobals
{
    private const int MaxRank = 8;
    private const string OrderedDict = "collections.OrderedDict";
    private const string RebuildTensor = "torch._utils._rebuild_tensor";
    private const string RebuildTensorV2 = "torch._utils._rebuild_tensor_v2";
    private const string RebuildParameter = "torch._utils._rebuild_parameter";

    private static readonly FrozenDictionary<string, TorchStorageKind> StorageKinds = new Dictionary<string, TorchStorageKind>
    {
        ["torch.HalfStorage"] = new(WeightElementType.Float16, 2),
        ["torch.BFloat16Storage"] = new(WeightElementType.BFloat16, 2),
        ["torch.FloatStorage"] = new(WeightElementType.Float32, 4),
        ["torch.DoubleStorage"] = new(WeightElementType.Float64, 8),
        ["torch.LongStorage"] = new(WeightElementType.Other, 8),
        ["torch.IntStorage"] = new(WeightElementType.Other, 4),
        ["torch.ShortStorage"] = new(WeightElementType.Other, 2),
        ["torch.CharStorage"] = new(WeightElementType.Other, 1),
        ["torch.ByteStorage"] = new(WeightElementType.Other, 1),
        ["torch.BoolStorage"] = new(WeightElementType.Other, 1),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Functions =
        new[] { OrderedDict, RebuildTensor, RebuildTensorV2, RebuildParameter }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether files may name the object.</summary>
    public static bool IsAllowed(string name) => Functions.Contains(name) || StorageKinds.ContainsKey(name);

    /// <summary>The kind of storage a class stands for, or null where it is no storage.</summary>
    public static TorchStorageKind? StorageKind(object? global) =>
        global is PickleGlobal { Name: var name } ? StorageKinds.GetValueOrDefault(name) : null;

    /// <summary>What calling the object would give, built here; null where the arguments are not those it takes.</summary>
    public static object? Call(object? global, object? arguments) => (global, arguments) switch
    {
        (PickleGlobal { Name: OrderedDict }, object?[] and []) => new PickleDictionary(),
        (PickleGlobal { Name: OrderedDict }, object?[] and [PickleList pairs]) => ToDictionary(pairs),
        (PickleGlobal { Name: RebuildParameter }, object?[] and [PickleTensor tensor, ..]) => tensor,
        (PickleGlobal { Name: RebuildTensor or RebuildTensorV2 },
            object?[] and [PickleStorage storage, long offset, object?[] shape, object?[] strides, ..]) =>
            ToTensor(storage, offset, shape, strides),
        _ => null,
    };

    private static PickleTensor? ToTensor(PickleStorage storage, long offset, object?[] shape, object?[] strides) =>
        shape.Length <= MaxRank && strides.Length <= MaxRank && shape.All(size => size is long) && strides.All(stride => stride is long)
            ? new PickleTensor(storage, offset, ToNumbers(shape), ToNumbers(strides))
            : null;

    private static ImmutableArray<long> ToNumbers(object?[] numbers) => [.. numbers.Select(number => (long)number!)];

    // Python 2 wrote an OrderedDict as a call with a list of [key, value] lists. The list is used up, as nobody else has it in an honest
    // file: a dishonest one could have a long list copied again and again.
    private static PickleDictionary? ToDictionary(PickleList pairs)
    {
        var dictionary = new PickleDictionary();
        foreach (object? pair in pairs)
        {
            IReadOnlyList<object?>? items = pair as PickleList ?? (IReadOnlyList<object?>?)(pair as object?[]);
            if (items is not [var key, var value])
                return null;
            dictionary.Entries.Add((key, value));
        }

        pairs.Clear();
        return dictionary;
    }
}
