namespace ImageTrainer.Data;

/// <summary>The names of the parts in folder names and lists.</summary>
internal static class DatasetPartNames
{
    /// <summary>The part that a word names, in any letter case, or null: train, validation (val, valid), test.</summary>
    public static DatasetPart? Parse(string word) => word.Trim().ToUpperInvariant() switch
    {
        "TRAIN" => DatasetPart.Train,
        "VALIDATION" or "VAL" or "VALID" => DatasetPart.Validation,
        "TEST" => DatasetPart.Test,
        _ => null,
    };

    /// <summary>The word that this project writes for a part.</summary>
    public static string NameOf(DatasetPart part) => part switch
    {
        DatasetPart.Train => "train",
        DatasetPart.Validation => "validation",
        _ => "test",
    };
}
