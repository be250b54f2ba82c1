using System.Text;

namespace ImageTrainer.Tests.Backbones.Weights;

/// <summary>Writes pickles of protocol 2, opcode by opcode, the way Python does.</summary>
internal sealed class PickleWriter
{
    private readonly List<byte> _bytes = [];

    public PickleWriter() => Raw(0x80, 2);

    public PickleWriter Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public PickleWriter Opcode(char opcode) => Raw((byte)opcode);

    public PickleWriter Global(string module, string name) => Raw(Encoding.ASCII.GetBytes($"c{module}\n{name}\n"));

    public PickleWriter Text(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return Opcode('X').Raw(BitConverter.GetBytes(bytes.Length)).Raw(bytes);
    }

    public PickleWriter Number(long number) => number switch
    {
        >= 0 and <= byte.MaxValue => Opcode('K').Raw((byte)number),
        >= 0 and <= ushort.MaxValue => Opcode('M').Raw(BitConverter.GetBytes((ushort)number)),
        >= int.MinValue and <= int.MaxValue => Opcode('J').Raw(BitConverter.GetBytes((int)number)),
        _ => Raw(0x8a, 8).Raw(BitConverter.GetBytes(number)),
    };

    public PickleWriter Tuple(IEnumerable<long> numbers)
    {
        Opcode('(');
        foreach (long number in numbers)
            Number(number);
        return Opcode('t');
    }

    public PickleWriter EmptyOrderedDict() => Global("collections", "OrderedDict").Raw((byte)')', (byte)'R');

    public byte[] Stop()
    {
        Opcode('.');
        return [.. _bytes];
    }
}
