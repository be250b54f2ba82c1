namespace ImageTrainer.Models.MLNet;

/// <summary>The weights of a <see cref="LinearMulticlassModel"/>, which describes both layouts of the block.</summary>
/// <param name="Cells">
/// Row (class), column (feature) and value of the first weights that are not 0, row by row: as many as show whether they are a diagonal.
/// </param>
/// <param name="ClassCount">Number of rows.</param>
/// <param name="FeatureCount">Number of columns.</param>
internal sealed record LinearWeights(IReadOnlyList<(int Row, int Column, float Value)> Cells, int ClassCount, int FeatureCount)
{
    /// <summary>s where the weights are s times the identity; null otherwise.</summary>
    public float? FindDiagonal()
    {
        if (ClassCount != FeatureCount || Cells.Count != ClassCount) return null;
        float diagonal = Cells.Count > 0 ? Cells[0].Value : 0;
        return Cells.Index().All(cell => cell.Item == (cell.Index, cell.Index, diagonal)) ? diagonal : null;
    }

    /// <summary>Reads either layout.</summary>
    /// <exception cref="InvalidDataException">The counts do not agree.</exception>
    public static LinearWeights Read(BlockReader block, int classCount, int featureCount)
    {
        int startCount = block.ReadCount(sizeof(int));
        if (startCount == 0) return new LinearWeights(ReadDense(block, classCount, featureCount), classCount, featureCount);
        if (startCount != classCount + 1) throw new InvalidDataException($"{startCount} row starts for {classCount} classes");
        return new LinearWeights(ReadSparse(block, classCount, featureCount), classCount, featureCount);
    }

    /// <summary>Writes s times the identity, from the row starts on.</summary>
    /// <param name="block">Where to.</param>
    /// <param name="count">Number of rows and columns.</param>
    /// <param name="diagonal">s.</param>
    /// <param name="isDense">Which layout.</param>
    public static void WriteDiagonal(BlockWriter block, int count, float diagonal, bool isDense)
    {
        if (isDense) WriteDense(block, count, diagonal);
        else WriteSparse(block, count, diagonal);
    }

    private static void WriteDense(BlockWriter block, int count, float diagonal)
    {
        block.WriteInt32(0);
        block.WriteInt32(0);
        block.WriteInt32(count * count);
        for (int row = 0; row < count; row++)
        {
            for (int column = 0; column < count; column++) block.WriteSingle(row == column ? diagonal : 0);
        }
    }

    private static void WriteSparse(BlockWriter block, int count, float diagonal)
    {
        block.WriteInt32(count + 1);
        for (int row = 0; row <= count; row++) block.WriteInt32(row);
        block.WriteInt32(count);
        for (int column = 0; column < count; column++) block.WriteInt32(column);
        block.WriteInt32(count);
        for (int i = 0; i < count; i++) block.WriteSingle(diagonal);
    }

    private static List<(int Row, int Column, float Value)> ReadDense(BlockReader block, int classCount, int featureCount)
    {
        _ = block.ReadCount(sizeof(int));
        int count = block.ReadCount(sizeof(float));
        if (count != (long)classCount * featureCount) throw new InvalidDataException($"{count} weights for {classCount} x {featureCount}");
        int limit = LimitOf(classCount, featureCount);
        var cells = new List<(int Row, int Column, float Value)>();
        for (int i = 0; i < count; i++)
        {
            float value = block.ReadSingle();
            if (value != 0 && cells.Count < limit) cells.Add((i / featureCount, i % featureCount, value));
        }

        return cells;
    }

    private static List<(int Row, int Column, float Value)> ReadSparse(BlockReader block, int classCount, int featureCount)
    {
        var starts = new int[classCount + 1];
        for (int row = 0; row <= classCount; row++) starts[row] = block.ReadInt32();
        int[] columns = block.ReadInt32s();
        int count = block.ReadCount(sizeof(float));
        if (count != columns.Length || starts[classCount] != count)
            throw new InvalidDataException($"{count} weights for {columns.Length} columns");
        int limit = LimitOf(classCount, featureCount);
        var cells = new List<(int Row, int Column, float Value)>();
        for (int i = 0, row = 0; i < count; i++)
        {
            while (row < classCount && starts[row + 1] <= i) row++;
            float value = block.ReadSingle();
            if (cells.Count < limit) cells.Add((row, columns[i], value));
        }

        return cells;
    }

    // One more than a diagonal has; where there is none to be found, none are kept.
    private static int LimitOf(int classCount, int featureCount) => classCount == featureCount ? classCount + 1 : 0;
}
