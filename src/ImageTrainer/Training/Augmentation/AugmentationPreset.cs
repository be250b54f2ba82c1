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
