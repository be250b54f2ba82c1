using System.Numerics.Tensors;

namespace ImageTrainer.Training.Heads;

/// <summary>Deals rows to folds so that every class is spread evenly and rows of one group stay together.</summary>
internal static class StratifiedFolds
{
    /// <summary>The fold of rows that are in no fold: of a class with one group, of which a model without them would know nothing.</summary>
    public const int None = -1;

    /// <summary>How many groups of rows each class has.</summary>
    /// <param name="labels">[N], each 0 to K - 1.</param>
    /// <param name="classCount">K.</param>
    /// <param name="groups">[N], or null where every row is its own group.</param>
    /// <returns>[K].</returns>
    public static int[] GroupCounts(ReadOnlySpan<int> labels, int classCount, IReadOnlyList<long>? groups)
    {
        int[] counts = new int[classCount];
        foreach (List<int> group in GroupRows(labels, groups))
            counts[labels[group[0]]]++;
        return counts;
    }

    /// <summary>Gives every row its fold.</summary>
    /// <param name="labels">[N]; a group whose rows disagree goes by the label of its first.</param>
    /// <param name="groups">[N], or null where every row is its own group.</param>
    /// <param name="foldCount">How many folds, at most the largest of <see cref="GroupCounts"/>; a class with fewer groups is in some of them.</param>
    /// <param name="seed">Seed of the shuffle.</param>
    /// <returns>[N], each 0 to foldCount - 1 or <see cref="None"/>.</returns>
    public static int[] Assign(ReadOnlySpan<int> labels, IReadOnlyList<long>? groups, int foldCount, int seed)
    {
        List<int>[] shuffled = [.. GroupRows(labels, groups)];
        new Random(seed).Shuffle(shuffled);
        int[] groupCounts = GroupCounts(labels, TensorPrimitives.Max(labels) + 1, groups);
        int[] folds = new int[labels.Length];
        Array.Fill(folds, None);
        int[] totals = new int[foldCount];
        var byClass = new Dictionary<int, int[]>();
        foreach (List<int> group in shuffled)
        {
            int label = labels[group[0]];
            if (groupCounts[label] == 1)
                continue;
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
