using System.Globalization;
using System.Text.RegularExpressions;
using ImageTrainer.Networks;

namespace ImageTrainer.Backbones.Weights;

/// <summary>Tells from the names of the tensors which ResNet a file holds.</summary>
internal static partial class ResNetRecognition
{
    // In every ResNet of torchvision's naming, and in no other network of it.
    private const string Landmark = "layer1.0.conv1.weight";
    private const int MaxListed = 5;

    // Where trainers keep the moving average of the weights, which is what they evaluate and publish.
    private static readonly string[] AverageNames = ["model_ema", "state_dict_ema", "ema_state_dict"];

    private static string KnownNames => string.Join(", ", ResNetArchitecture.All.Select(known => known.Name));

    /// <summary>
    /// The tensors under torchvision's plain keys. Checkpoints often have them under a prefix ("state_dict.", "module.", "model."); what
    /// lies beside the prefix (an optimizer's state, say) is passed over. Of a network and its moving average the average is taken.
    /// Names of
    /// Hugging Face's transformers and of fastai are understood.
    /// </summary>
    /// <exception cref="BackboneException">There is no ResNet in the file, or several under different prefixes.</exception>
    public static WeightSet Unwrap(WeightSet weights)
    {
        weights = ForeignNames.ToTorchvision(weights);
        string[] prefixes =
        [
            .. from name in weights.Tensors.Keys
               where name == Landmark || name.EndsWith($".{Landmark}", StringComparison.Ordinal)
               orderby name.Length, name
               select name[..^Landmark.Length],
        ];
        return prefixes switch
        {
            ["", ..] => weights,
            [var prefix] => weights.Under(prefix),
            [var first, var second] when IsAverage(first) != IsAverage(second) => weights.Under(IsAverage(first) ? first : second),
            [] when ForeignNames.NameOther(weights) is { } other =>
                throw weights.File.Fault($"it is {other}, which is not read; known are {KnownNames}"),
            [] => throw weights.File.Fault($"it has no tensor '{Landmark}', so it holds no ResNet; known are {KnownNames}"),
            _ => throw weights.File.Fault($"it holds several networks, under {Quote(prefixes)}; save one of them alone"),
        };
    }

    /// <summary>The architecture that a set of plain keys belongs to.</summary>
    /// <param name="weights">Tensors under plain keys.</param>
    /// <param name="name">Its name, where it is known already; null to tell by the tensors.</param>
    /// <exception cref="BackboneException">The name is none, a stage has no block, or it is a variant that is not built here.</exception>
    public static ResNetArchitecture Recognize(WeightSet weights, string? name)
    {
        if (ForeignNames.NameVariant(weights) is { } variant)
            throw weights.File.Fault($"it is {variant}, which is not built here; known are {KnownNames}");
        if (name is not null)
        {
            return ResNetArchitecture.Find(name)
                ?? throw weights.File.Fault($"'{name}' is no architecture known here; known are {KnownNames}, and others as resnet-basic-2-2-2-3");
        }

        BlockKind kind = weights.Tensors.Keys.Any(BottleneckKey().IsMatch) ? BlockKind.Bottleneck : BlockKind.Basic;
        int[] counts = CountBlocks(weights);
        return counts.All(count => count > 0)
            ? ResNetArchitecture.Of(kind, [.. counts])
            : throw weights.File.Fault($"it has {string.Join("-", counts)} residual blocks in its four stages, where each needs one or more");
    }

    // The highest number counts, so that a missing block is reported tensor by tensor later on.
    private static int[] CountBlocks(WeightSet weights)
    {
        int[] counts = new int[ResNetArchitecture.StageCount];
        foreach (string key in weights.Tensors.Keys)
        {
            Match match = BlockKey().Match(key);
            if (!match.Success)
                continue;
            int stage = match.Groups[1].ValueSpan[0] - '1';
            int index = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
            counts[stage] = Math.Max(counts[stage], index + 1);
        }

        return counts;
    }

    private static bool IsAverage(string prefix) => prefix.Split('.').Any(AverageNames.Contains);

    private static string Quote(string[] prefixes) => string.Join(", ", prefixes.Take(MaxListed).Select(prefix => $"'{prefix}'"));

    [GeneratedRegex(@"^layer1\.[0-9]{1,3}\.conv3\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex BottleneckKey();

    [GeneratedRegex(@"^layer([1-4])\.([0-9]{1,3})\.", RegexOptions.CultureInvariant)]
    private static partial Regex BlockKey();
}
