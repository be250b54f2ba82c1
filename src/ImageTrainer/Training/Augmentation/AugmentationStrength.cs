namespace ImageTrainer.Training.Augmentation;

/// <summary>How far pictures are changed before each look at them.</summary>
public enum AugmentationPreset
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Crops, mirror images, small turns, slight colour changes: what any photo may go through.</summary>
    Light,

    /// <summary>The same further, and parts erased or replaced by another picture's: for many epochs on few images.</summary>
    Strong,
}

/// <summary>How far pictures are changed. Each draw is even within its range.</summary>
internal sealed record AugmentationStrength
{
    /// <summary>Least share of the picture's area that a crop keeps; 1 for the whole.</summary>
    public float LeastArea { get; init; } = 1;

    /// <summary>Greatest width over height of a crop, and the inverse of the least; 1 for crops of the picture's own shape.</summary>
    public float GreatestAspect { get; init; } = 1;

    /// <summary>Share of the pictures that are mirrored.</summary>
    public float FlipFraction { get; init; }

    /// <summary>Greatest turn to either side, in radians.</summary>
    public float GreatestTurn { get; init; }

    /// <summary>Greatest change of brightness, contrast and saturation, as a share of them.</summary>
    public float ColourChange { get; init; }

    /// <summary>Share of the pictures that a rectangle is erased from.</summary>
    public float EraseFraction { get; init; }

    /// <summary>Share of the pictures that are blended with another ("mixup").</summary>
    public float MixupFraction { get; init; }

    /// <summary>Share of the pictures in which a rectangle is another's ("cutmix").</summary>
    public float CutmixFraction { get; init; }

    /// <summary>Whether anything is changed.</summary>
    public bool IsAny => this != new AugmentationStrength();

    /// <summary>The strength of a preset.</summary>
    /// <param name="preset">The preset.</param>
    /// <param name="mixup">Share of the pictures to blend at least.</param>
    public static AugmentationStrength Of(AugmentationPreset preset, double mixup)
    {
        AugmentationStrength strength = preset switch
        {
            AugmentationPreset.Light => new AugmentationStrength
            {
                LeastArea = 0.5f,
                GreatestAspect = 4f / 3,
                FlipFraction = 0.5f,
                GreatestTurn = Degrees(10),
                ColourChange = 0.15f,
            },
            AugmentationPreset.Strong => new AugmentationStrength
            {
                LeastArea = 0.25f,
                GreatestAspect = 4f / 3,
                FlipFraction = 0.5f,
                GreatestTurn = Degrees(15),
                ColourChange = 0.3f,
                EraseFraction = 0.25f,
                MixupFraction = 0.2f,
                CutmixFraction = 0.2f,
            },
            _ => new AugmentationStrength(),
        };
        return strength with { MixupFraction = Math.Max(strength.MixupFraction, (float)mixup) };
    }

    private static float Degrees(float degrees) => degrees * MathF.PI / 180;
}
