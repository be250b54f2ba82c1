namespace ImageTrainer.Quantizing;

/// <summary>Which training images a network is calibrated and checked on.</summary>
internal static class SampleOrder
{
    /// <summary>
    /// Draws up to half of each class, shuffled, one class after the other in turn: every start of the list is as even as can be, and each
    /// class keeps images for a head to be fitted on.
    /// </summary>
    /// <param name="labels">Label of each image.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>Indices into <paramref name="labels"/>, each once.</returns>
    public static int[] Draw(IEnumerable<string> labels, int seed)
    {
        string[] classes = [.. labels];
        int[] shuffled = [.. Enumerable.Range(0, classes.Length)];
        new Random(seed).Shuffle(shuffled);
        return
        [
            .. shuffled.GroupBy(index => classes[index], StringComparer.Ordinal)
                .OrderBy(members => members.Key, StringComparer.Ordinal)
                .SelectMany((members, place) => members.Take(members.Count() / 2).Select((index, turn) => (index, turn, place)))
                .OrderBy(drawn => (drawn.turn, drawn.place))
                .Select(drawn => drawn.index),
        ];
    }
}
