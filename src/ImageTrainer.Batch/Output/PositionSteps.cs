using System.Runtime.InteropServices;

namespace ImageTrainer.Batch.Output;

/// <summary>
/// Where the rows of a share stand in the whole input, in a byte or two a row: the steps from one to the next as 7-bit groups.
/// </summary>
internal sealed class PositionSteps
{
    private readonly List<byte> _steps = [];
    private long _last;

    /// <summary>Starts behind a row.</summary>
    /// <param name="last">Its position; -1 before the first.</param>
    public PositionSteps(long last = -1) => _last = last;

    /// <summary>Adds the next row's position, greater than all before.</summary>
    public void Add(long position)
    {
        ulong step = (ulong)(position - _last);
        for (; step >= 0x80; step >>= 7) _steps.Add((byte)(step | 0x80));
        _steps.Add((byte)step);
        _last = position;
    }

    /// <summary>Gives the steps since the last call as text.</summary>
    public string Take()
    {
        string text = Convert.ToBase64String(CollectionsMarshal.AsSpan(_steps));
        _steps.Clear();
        return text;
    }

    /// <summary>The positions that texts stand for, one after the other.</summary>
    /// <param name="texts">What <see cref="Take"/> gave; null counts as empty.</param>
    public static IEnumerable<long> Read(IEnumerable<string?> texts)
    {
        long position = -1;
        foreach (string text in texts.OfType<string>())
        {
            (long step, int shift) = (0, 0);
            foreach (byte part in Convert.FromBase64String(text))
            {
                step |= (long)(part & 0x7F) << shift;
                shift += 7;
                if (part >= 0x80) continue;
                yield return position += step;
                (step, shift) = (0, 0);
            }
        }
    }
}
