using System.Collections.Immutable;

namespace ImageTrainer.Backbones.Weights;

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
