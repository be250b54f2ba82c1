using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ImageTrainer.Backbones.Weights;

/// <summary>
/// Reads a pickle that holds tensors and nothing else. Pickles are programs for a small stack machine that can call any Python function;
/// this machine knows the opcodes that build dicts, lists, tuples, numbers and text, and the few calls in <see cref="TorchGlobals"/>, which
/// it answers itself. Everything else is refused by name. Values do not nest in the machine's own stack, so depth costs nothing.
/// </summary>
internal sealed class PickleReader
{
    // A ResNet-152 takes 40,000. A million values are at most 200 MB.
    private const int MaxOpcodeCount = 1_000_000;
    private const int MaxProtocol = 5;

    private static readonly FrozenDictionary<PickleOpcode, Action<PickleReader>> Actions = new Dictionary<PickleOpcode, Action<PickleReader>>
    {
        [PickleOpcode.Proto] = reader => reader.CheckProtocol(),
        [PickleOpcode.Frame] = reader => reader._input.ReadInt64(),
        [PickleOpcode.None] = reader => reader.Push(null),
        [PickleOpcode.NewTrue] = reader => reader.Push(true),
        [PickleOpcode.NewFalse] = reader => reader.Push(false),
        [PickleOpcode.BinInt] = reader => reader.Push(reader._input.ReadInt32()),
        [PickleOpcode.BinInt1] = reader => reader.Push((long)reader._input.ReadByte()),
        [PickleOpcode.BinInt2] = reader => reader.Push(reader._input.ReadUInt16()),
        [PickleOpcode.Long1] = reader => reader.Push(reader.ReadLong()),
        [PickleOpcode.BinFloat] = reader => reader.Push(reader._input.ReadDouble()),
        [PickleOpcode.BinUnicode] = reader => reader.Push(reader._input.ReadText(reader._input.ReadInt32())),
        [PickleOpcode.ShortBinUnicode] = reader => reader.Push(reader._input.ReadText(reader._input.ReadByte())),
        [PickleOpcode.BinString] = reader => reader.Push(reader._input.ReadText(reader._input.ReadInt32())),
        [PickleOpcode.ShortBinString] = reader => reader.Push(reader._input.ReadText(reader._input.ReadByte())),
        [PickleOpcode.Mark] = reader => reader._marks.Push(reader._stack.Count),
        [PickleOpcode.EmptyTuple] = reader => reader.Push(Array.Empty<object?>()),
        [PickleOpcode.Tuple] = reader => reader.Push(reader.PopToMark()),
        [PickleOpcode.Tuple1] = reader => reader.Push(reader.Pop(1)),
        [PickleOpcode.Tuple2] = reader => reader.Push(reader.Pop(2)),
        [PickleOpcode.Tuple3] = reader => reader.Push(reader.Pop(3)),
        [PickleOpcode.EmptyList] = reader => reader.Push(new PickleList()),
        [PickleOpcode.Append] = reader => reader.AppendTo(reader.Pop(1)),
        [PickleOpcode.Appends] = reader => reader.AppendTo(reader.PopToMark()),
        [PickleOpcode.EmptyDict] = reader => reader.Push(new PickleDictionary()),
        [PickleOpcode.SetItem] = reader => reader.SetItems(reader.Pop(2)),
        [PickleOpcode.SetItems] = reader => reader.SetItems(reader.PopToMark()),
        [PickleOpcode.BinPut] = reader => reader._memo[reader._input.ReadByte()] = reader.Peek(),
        [PickleOpcode.LongBinPut] = reader => reader._memo[reader._input.ReadInt32()] = reader.Peek(),
        [PickleOpcode.Memoize] = reader => reader._memo[reader._memo.Count] = reader.Peek(),
        [PickleOpcode.BinGet] = reader => reader.PushMemo(reader._input.ReadByte()),
        [PickleOpcode.LongBinGet] = reader => reader.PushMemo(reader._input.ReadInt32()),
        [PickleOpcode.Global] = reader => reader.PushGlobal(reader._input.ReadLine(), reader._input.ReadLine()),
        [PickleOpcode.StackGlobal] = reader => reader.PushStackGlobal(),
        [PickleOpcode.Reduce] = reader => reader.Reduce(),
        [PickleOpcode.Build] = reader => reader.Build(),
        [PickleOpcode.BinPersId] = reader => reader.PushStorage(),
    }.ToFrozenDictionary();

    private readonly PickleInput _input;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = new();
    private readonly Dictionary<long, object?> _memo = [];

    private PickleReader(PickleInput input) => _input = input;

    /// <summary>Reads one pickle, up to its end; the input stands behind it then.</summary>
    /// <returns>null, bool, long, double, string, object?[] for a tuple, or one of the types of PickleValues.cs.</returns>
    /// <exception cref="BackboneException">The pickle is damaged, too long, or asks for anything but tensors.</exception>
    public static object? Read(PickleInput input)
    {
        var reader = new PickleReader(input);
        for (int count = 0; count < MaxOpcodeCount; count++)
        {
            var opcode = (PickleOpcode)input.ReadByte();
            if (opcode == PickleOpcode.Stop)
                return reader.Pop(1)[0];
            if (!Actions.TryGetValue(opcode, out Action<PickleReader>? action))
                throw input.Fault(Refusal(opcode));
            action(reader);
        }

        throw input.Fault($"its pickle takes over {MaxOpcodeCount} steps");
    }

    private static string Refusal(PickleOpcode opcode) => Enum.IsDefined(opcode)
        ? $"it uses the pickle opcode '{opcode}', which files of tensors have no need of; nothing of it was run"
        : $"0x{(byte)opcode:x2} is no pickle opcode";

    private void CheckProtocol()
    {
        byte protocol = _input.ReadByte();
        if (protocol > MaxProtocol)
            throw _input.Fault($"it is of pickle protocol {protocol}; up to {MaxProtocol} are known");
    }

    private long ReadLong()
    {
        byte[] bytes = _input.ReadBytes(_input.ReadByte());
        if (bytes.Length > sizeof(long))
            throw _input.Fault("it has a whole number of over 64 bits");
        long value = 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
            value = i == bytes.Length - 1 ? (sbyte)bytes[i] : (value << 8) | bytes[i];
        return value;
    }

    private void Push(object? value) => _stack.Add(value);

    private object? Peek() => _stack.Count > 0 ? _stack[^1] : throw _input.Fault("its pickle takes a value that is not there");

    private object?[] Pop(int count)
    {
        int first = _stack.Count - count;
        if (first < 0)
            throw _input.Fault("its pickle takes a value that is not there");
        object?[] values = [.. _stack[first..]];
        _stack.RemoveRange(first, count);
        return values;
    }

    private object?[] PopToMark()
    {
        if (!_marks.TryPop(out int mark) || mark > _stack.Count)
            throw _input.Fault("its pickle closes what it has not opened");
        return Pop(_stack.Count - mark);
    }

    private void AppendTo(object?[] items)
    {
        if (Peek() is not PickleList list)
            throw _input.Fault("its pickle appends to what is no list");
        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Peek() is not PickleDictionary dictionary || items.Length % 2 != 0)
            throw _input.Fault("its pickle sets items of what is no dict");
        for (int i = 0; i < items.Length; i += 2)
            dictionary.Entries.Add((items[i], items[i + 1]));
    }

    private void PushMemo(long index) =>
        Push(_memo.TryGetValue(index, out object? value) ? value : throw _input.Fault($"its pickle recalls {index}, which it never kept"));

    private void PushStackGlobal()
    {
        if (Pop(2) is not [string module, string name])
            throw _input.Fault("its pickle names a Python object by what is no text");
        PushGlobal(module, name);
    }

    private void PushGlobal(string module, string name)
    {
        string global = $"{module}.{name}";
        if (!TorchGlobals.IsAllowed(global))
            throw _input.Fault($"it asks for the Python object '{global}', which files of tensors have no need of; nothing of it was run");
        Push(new PickleGlobal(global));
    }

    private void Reduce()
    {
        object?[] call = Pop(2);
        Push(TorchGlobals.Call(call[0], call[1])
            ?? throw _input.Fault($"it calls '{(call[0] as PickleGlobal)?.Name}' in a way that makes no tensor and no dict"));
    }

    // A state_dict carries its version numbers as an attribute of the OrderedDict: not needed.
    private void Build()
    {
        _ = Pop(1);
        if (Peek() is not PickleDictionary)
            throw _input.Fault($"it uses the pickle opcode '{PickleOpcode.Build}' on what is no dict; nothing of it was run");
    }

    // ("storage", class, key, device, element count) and, in the older format, a view, which has been None since PyTorch 0.4.
    private void PushStorage()
    {
        if (Pop(1) is not [object?[] and ["storage", var type, string key, _, long count, .. var view]]
            || TorchGlobals.StorageKind(type) is not { } kind || count < 0 || view is not ([] or [null]))
        {
            throw _input.Fault("it refers to data in a way that is not known here");
        }

        Push(new PickleStorage(key, kind, count));
    }
}

// What a pickle can hold here, beside null, bool, long, double, string and object?[] (a tuple).

/// <summary>A list; grows while it is read.</summary>
internal sealed class PickleList : List<object?>;

/// <summary>A dict or OrderedDict; grows while it is read. Keys are whatever the file has.</summary>
internal sealed class PickleDictionary
{
    /// <summary>The entries in their order.</summary>
    public List<(object? Key, object? Value)> Entries { get; } = [];

    /// <summary>The value of a text key, or null.</summary>
    public object? Find(string key) => Entries.Find(entry => entry.Key as string == key).Value;
}

/// <summary>A Python object named by the file: one of the few in <see cref="TorchGlobals"/>.</summary>
/// <param name="Name">"torch.FloatStorage".</param>
internal sealed record PickleGlobal(string Name);

/// <summary>Numbers that lie elsewhere in the file.</summary>
/// <param name="Key">The key they lie under.</param>
/// <param name="Kind">How they are written.</param>
/// <param name="ElementCount">How many there are; not negative, not checked yet against the file.</param>
internal sealed record PickleStorage(string Key, TorchStorageKind Kind, long ElementCount)
{
    /// <summary>Bytes the numbers take.</summary>
    public Int128 ByteCount => (Int128)ElementCount * Kind.ElementSize;
}

/// <summary>A kind of storage.</summary>
/// <param name="ElementType">How its numbers are written.</param>
/// <param name="ElementSize">Bytes one takes.</param>
internal sealed record TorchStorageKind(WeightElementType ElementType, int ElementSize);

/// <summary>A tensor over a storage; nothing in it is checked yet.</summary>
/// <param name="Storage">Its numbers.</param>
/// <param name="Offset">Index of its first element there.</param>
/// <param name="Shape">Sizes of its axes.</param>
/// <param name="Strides">Elements from one index to the next on each axis.</param>
internal sealed record PickleTensor(PickleStorage Storage, long Offset, ImmutableArray<long> Shape, ImmutableArray<long> Strides);
