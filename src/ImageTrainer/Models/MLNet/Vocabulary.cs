using System.Globalization;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// The texts that the keys of a <see cref="MapValueToKey"/> stand for; only read here. Block:
/// <code>
/// i32  n
/// n x  byte kind (0: texts), i32 m, m x str
/// </code>
/// </summary>
/// <param name="Terms">The texts of each column, in the order of their keys.</param>
internal sealed record Vocabulary(IReadOnlyList<IReadOnlyList<string>> Terms) : IComponent
{
    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity = new("TERM MAN", "TermManager", "Microsoft.ML.Data", 0x00010002, 0x00010002);

    public string Name => "Vocabulary";

    public string Summary => string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", Terms.Select(terms => terms.Count))} values");

    /// <summary>Of the only column; null where there are several, of which none is known to be the label.</summary>
    public IReadOnlyList<string>? Labels => Terms is [var terms] ? terms : null;

    /// <summary>Reads the block; values that are no texts have a layout of their own, which is not read here.</summary>
    public static IComponent Read(ComponentReader reader)
    {
        var terms = new string[reader.Block.ReadCount(sizeof(byte) + sizeof(int))][];
        for (int i = 0; i < terms.Length; i++)
        {
            if (reader.Block.ReadByte() != 0)
            {
                reader.Block.SkipToEnd();
                return new UnknownComponent(KnownIdentity);
            }

            terms[i] = reader.Block.ReadStrings();
        }

        return new Vocabulary(terms);
    }
}
