namespace ImageTrainer.Backbones.Weights;

/// <summary>The floating-point tensors of a weight file by name.</summary>
internal sealed class WeightSet
{
    private readonly Dictionary<string, WeightTensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Starts an empty set.</summary>
    /// <param name="file">The file the tensors lie in.</param>
    public WeightSet(WeightFile file) => File = file;

    /// <summary>The file the tensors lie in.</summary>
    public WeightFile File { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, WeightTensor> Tensors => _tensors;

    /// <summary>Adds a tensor.</summary>
    /// <exception cref="BackboneException">There is one of that name already.</exception>
    public void Add(WeightTensor tensor)
    {
        if (!_tensors.TryAdd(tensor.Name, tensor))
            throw File.Fault($"the tensor '{tensor.Name}' is there twice");
    }

    /// <summary>The tensors whose names start with a prefix, under the rest of their names.</summary>
    public WeightSet Under(string prefix)
    {
        var part = new WeightSet(File);
        foreach (WeightTensor tensor in _tensors.Values.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal)))
            part.Add(tensor with { Name = tensor.Name[prefix.Length..] });
        return part;
    }

    /// <summary>Reads one tensor, row-major.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    /// <exception cref="BackboneException">It cannot be read, or holds numbers that are not finite.</exception>
    public float[] Read(string name)
    {
        WeightTensor tensor = _tensors[name];
        float[] values = new float[tensor.ElementCount];
        tensor.Read(File, values);
        return values;
    }
}
