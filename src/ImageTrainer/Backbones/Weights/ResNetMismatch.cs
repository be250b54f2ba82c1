using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Compares the tensors of a file with those of an architecture, all at once.</summary>
internal static class ResNetMismatch
{
    private const int MaxListed = 20;
    private const int MaxNameLength = 100;

    // Batch counters of training, which inference has no need of.
    private const string CounterSuffix = ".num_batches_tracked";

    /// <summary>Passes when every tensor is there in its shape and none is left over.</summary>
    /// <exception cref="BackboneException">Names what is missing, surplus or of another shape: up to 20 tensors, and how many more.</exception>
    public static void Check(WeightSet weights, ResNetArchitecture architecture)
    {
        Dictionary<string, long[]> expected = ResNetTensors.Expected(architecture)
            .Concat(ResNetTensors.ExpectedHead(weights, architecture.FeatureCount))
            .ToDictionary(tensor => tensor.Key, tensor => tensor.Shape, StringComparer.Ordinal);
        string[] faults =
        [
            .. Missing(weights, expected),
            .. Misshaped(weights, expected),
            .. Surplus(weights, expected),
        ];
        if (faults.Length == 0)
            return;
        string more = faults.Length > MaxListed ? $"; and {faults.Length - MaxListed} more" : "";
        throw weights.File.Fault($"its tensors are not those of {architecture.Name}: {string.Join("; ", faults.Take(MaxListed))}{more}");
    }

    private static IEnumerable<string> Missing(WeightSet weights, Dictionary<string, long[]> expected) =>
        from tensor in expected
        where !weights.Tensors.ContainsKey(tensor.Key)
        select $"missing {tensor.Key} {WeightTensor.ToText(tensor.Value)}";

    private static IEnumerable<string> Misshaped(WeightSet weights, Dictionary<string, long[]> expected) =>
        from tensor in expected
        let found = weights.Tensors.GetValueOrDefault(tensor.Key)
        where found is not null && !found.Shape.AsSpan().SequenceEqual(tensor.Value)
        select $"{tensor.Key} is {found.ShapeText} instead of {WeightTensor.ToText(tensor.Value)}";

    private static IEnumerable<string> Surplus(WeightSet weights, Dictionary<string, long[]> expected) =>
        from name in weights.Tensors.Keys.Order(StringComparer.Ordinal)
        where !expected.ContainsKey(name) && !name.EndsWith(CounterSuffix, StringComparison.Ordinal)
        select $"surplus {(name.Length > MaxNameLength ? name[..MaxNameLength] + "..." : name)}";
}
