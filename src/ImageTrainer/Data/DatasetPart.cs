namespace ImageTrainer.Data;

/// <summary>What an image is for.</summary>
internal enum DatasetPart
{
    /// <summary>To fit on.</summary>
    Train,

    /// <summary>To choose settings by.</summary>
    Validation,

    /// <summary>To measure the finished model by.</summary>
    Test,
}

/// <summary>The names of the parts in folder names and lists.</summary>
internal static class DatasetPartNames
{
    private static readonly Dictionary<string, DatasetPart> Words = new(StringComparer.Ordinal)
    {
        ["train"] = DatasetPart.Train,
        ["training"] = DatasetPart.Train,
        ["trn"] = DatasetPart.Train,
        ["validation"] = DatasetPart.Validation,
        ["val"] = DatasetPart.Validation,
        ["valid"] = DatasetPart.Validation,
        ["validate"] = DatasetPart.Validation,
        ["validating"] = DatasetPart.Validation,
        ["dev"] = DatasetPart.Validation,
        ["development"] = DatasetPart.Validation,
        ["test"] = DatasetPart.Test,
        ["testing"] = DatasetPart.Test,
        ["holdout"] = DatasetPart.Test,
        ["heldout"] = DatasetPart.Test,
        ["eval"] = DatasetPart.Test,
        ["evaluation"] = DatasetPart.Test,
    };

    // What stands beside such a word and says nothing more.
    private static readonly HashSet<string> Fillers =
        new(StringComparer.Ordinal) { "set", "sets", "data", "dataset", "split", "images", "image", "imgs", "img", "photos", "pictures", "files", "folder" };

    /// <summary>
    /// The part that a name means and nothing else, in any letter case, or null: train, training, train_set, trainset, train_images, Train2017; validation,
    /// val, valid, dev; test, testing, holdout, eval.
    /// </summary>
    public static DatasetPart? Parse(string name) => ParseLoosely(name) is (DatasetPart part, "") ? part : null;

    /// <summary>
    /// The part that a name holds the word of, with the other words of the name: seg_train is (train, "seg"). Null where it holds none, or those of two
    /// parts.
    /// </summary>
    public static (DatasetPart Part, string Others)? ParseLoosely(string name)
    {
        string[] words = [.. WordsOf(name)];
        DatasetPart[] parts = [.. words.Where(Words.ContainsKey).Select(word => Words[word]).Distinct()];
        return parts.Length == 1
            ? (parts[0], string.Join(' ', words.Where(word => !Words.ContainsKey(word) && !Fillers.Contains(word))))
            : null;
    }

    /// <summary>Whether a name is one of those that mean validation beside a part for testing: eval, evaluation.</summary>
    public static bool IsEvaluation(string name) => WordsOf(name).Any(word => word is "eval" or "evaluation");

    /// <summary>The word that this project writes for a part.</summary>
    public static string NameOf(DatasetPart part) => part switch
    {
        DatasetPart.Train => "train",
        DatasetPart.Validation => "validation",
        _ => "test",
    };

    // "trainSet", "TRAIN-set" and "trainset" are the same two words; numbers are years and sizes.
    private static IEnumerable<string> WordsOf(string name)
    {
        foreach (string word in System.Text.RegularExpressions.Regex.Split(name.Trim(), @"[\W_\d]+|(?<=\p{Ll})(?=\p{Lu})"))
        {
            string lower = word.ToLowerInvariant();
            if (lower is "hold" or "held" or "out") lower = lower == "out" ? "" : "holdout";
            string? filler = Fillers.FirstOrDefault(filler => lower.EndsWith(filler, StringComparison.Ordinal) && Words.ContainsKey(lower[..^filler.Length]));
            if (filler is not null) lower = lower[..^filler.Length];
            if (lower.Length > 0) yield return lower;
        }
    }
}
