using System.Globalization;

namespace ImageTrainer.Graphs;

/// <summary>One axis of a tensor: a fixed size, or a symbol such as N that stands for the same size wherever it appears.</summary>
internal readonly record struct Dimension
{
    private Dimension(long size, string? symbol)
    {
        Size = size;
        Symbol = symbol;
    }

    /// <summary>The fixed size, 1 or more; 0 where the dimension is a symbol.</summary>
    public long Size { get; }

    /// <summary>The symbol, or null where the size is fixed.</summary>
    public string? Symbol { get; }

    /// <summary>Makes a fixed dimension.</summary>
    public static implicit operator Dimension(long size) => size < 1
        ? throw new ArgumentOutOfRangeException(nameof(size), size, "A fixed dimension is 1 or more.")
        : new Dimension(size, null);

    /// <summary>Makes a symbolic dimension.</summary>
    public static implicit operator Dimension(string symbol)
    {
        ArgumentException.ThrowIfNullOrEmpty(symbol);
        return new Dimension(0, symbol);
    }

    /// <summary>The size or the symbol.</summary>
    public override string ToString() => Symbol ?? Size.ToString(CultureInfo.InvariantCulture);
}
