using System.Globalization;

namespace ImageTrainer.Models.MLNet;

/// <summary>
/// The steps of a model, one after the other, in the folders Transform_000, Transform_001, ... Block:
/// <code>
/// i32      n
/// n x i32  scope: 1 training, 2 testing, 4 scoring, added up
/// </code>
/// </summary>
/// <param name="Steps">The steps.</param>
internal sealed record TransformerChain(IReadOnlyList<IComponent> Steps) : IWritableComponent
{
    /// <summary>Name of its folder in the zip.</summary>
    public const string Folder = "TransformerChain";

    /// <summary>What ML.NET knows it by.</summary>
    public static readonly ComponentIdentity KnownIdentity = new("XF CHAIN", "TransformerChain", "Microsoft.ML.Data", 0x00010001, 0x00010001);

    private const int EveryScope = 7;

    public string Name => "TransformerChain";

    public string Summary => string.Join("; ", Steps.Select(step => $"{step.Name} {step.Summary}"));

    /// <summary>Of the last step that knows labels.</summary>
    public IReadOnlyList<string>? Labels => Steps.Select(step => step.Labels).LastOrDefault(labels => labels is not null);

    public ComponentIdentity Identity => KnownIdentity;

    public static TransformerChain Read(ComponentReader reader)
    {
        int count = reader.Block.ReadCount(sizeof(int));
        var steps = new IComponent[count];
        for (int i = 0; i < count; i++)
        {
            _ = reader.Block.ReadInt32();
            steps[i] = reader.ReadComponent(StepFolder(i));
        }

        return new TransformerChain(steps);
    }

    public void Write(ComponentWriter writer)
    {
        writer.Block.WriteInt32(Steps.Count);
        for (int i = 0; i < Steps.Count; i++)
        {
            writer.Block.WriteInt32(EveryScope);
            writer.AddComponent(StepFolder(i), (IWritableComponent)Steps[i]);
        }
    }

    private static string StepFolder(int index) => string.Create(CultureInfo.InvariantCulture, $"Transform_{index:000}");
}
