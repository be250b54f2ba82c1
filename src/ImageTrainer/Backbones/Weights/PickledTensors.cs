namespace ImageTrainer.Backbones.Weights;

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
