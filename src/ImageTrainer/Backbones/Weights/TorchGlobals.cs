using System.Collections.Frozen;
using System.Collections.Immutable;

namespace ImageTrainer.Backbones.Weights;

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
