namespace ImageTrainer.Training.Heads;

/// <summary>Deals rows to folds so that every class is spread evenly and rows of one group stay together.</summary>
internal static class StratifiedFolds
{
    /// <summary>How many folds there can be at most: the smallest class' number of groups, classes without rows aside.</summary>
    /// <param name="labels">[N], each 0 to K - 1.</param>
    /// <param name="classCount">K.</param>
    /// <param name="groups">[N], or null where every row is its own group.</param>
    /// <returns>That number, and the class it belongs to.</returns>
    public static (int FoldCount, int SmallestClass) Limit(ReadOnlySpan<int> labels, int classCount, IReadOnlyList<long>? groups)
    {
        int[] counts = new int[classCount];
        foreach (List<int> group in GroupRows(labels, groups))
            counts[labels[group[0]]]++;
        int smallest = -1;
        for (int k = 0; k < classCount; k++)
        {
            if (counts[k] > 0 && (smallest < 0 || counts[k] < counts[smallest]))
                smallest = k;
        }

        return smallest < 0 ? (0, 0) : (counts[smallest], smallest);
    }

    /// <summary>Gives every row its fold.</summary>
    /// <param name="labels">[N]; a group whose rows disagree goes by the label of its first.</param>
    /// <param name="groups">[N], or null where every row is its own group.</param>
    /// <param name="foldCount">How many folds, at most what <see cref="Limit"/> says.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>[N], each 0 to foldCount - 1.</returns>
    public static int[] Assign(ReadOnlySpan<int> labels, IReadOnlyList<long>? groups, int foldCount, int seed)
    {
        List<int>[] shuffled = [.. GroupRows(labels, groups)];
        new Random(seed).Shuffle(shuffled);
        int[] folds = new int[labels.Length];
        int[] totals = new int[foldCount];
        var byClass = new Dictionary<int, int[]>();
        foreach (List<int> group in shuffled)
        {
            int label = labels[group[0]];
            if (!byClass.TryGetValue(label, out int[]? counts))
                byClass.Add(label, counts = new int[foldCount]);
            int fold = Emptiest(counts, totals);
            counts[fold] += group.Count;
            totals[fold] += group.Count;
            foreach (int row in group)
                folds[row] = fold;
        }

        return folds;
    }

    /// <summary>The fold with the fewest rows of the class; of those, with the fewest rows at all.</summary>
    private static int Emptiest(int[] counts, int[] totals)
    {
        int best = 0;
        for (int fold = 1; fold < counts.Length; fold++)
        {
            if ((counts[fold], totals[fold]).CompareTo((counts[best], totals[best])) < 0)
                best = fold;
        }

        return best;
    }

    /// <summary>The groups in the order of their first rows.</summary>
    private static List<List<int>> GroupRows(ReadOnlySpan<int> labels, IReadOnlyList<long>? groups)
    {
        var result = new List<List<int>>();
        var known = new Dictionary<long, List<int>>();
        for (int row = 0; row < labels.Length; row++)
        {
            List<int>? group = null;
            if (groups is null || !known.TryGetValue(groups[row], out group))
            {
                group = [];
                result.Add(group);
                if (groups is not null)
                    known.Add(groups[row], group);
            }

            group.Add(row);
        }

        return result;
    }
}
