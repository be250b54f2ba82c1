using Microsoft.ML;
using Microsoft.ML.Data;

namespace ImageTrainer.Rows;

/// <summary>The getters of a row that is passed through with a model's columns added.</summary>
/// <param name="schema">The columns.</param>
/// <param name="row">The row that goes in.</param>
/// <param name="activeColumns">The columns that may be asked for.</param>
/// <param name="current">Gives the scores of the row's current position.</param>
internal sealed class ScoredGetters(ImageSchema schema, DataViewRow row, IEnumerable<DataViewSchema.Column> activeColumns, Func<ScoredImage> current)
{
    private readonly HashSet<int> _active = [.. activeColumns.Select(column => column.Index)];

    /// <summary>Whether a column may be asked for.</summary>
    public bool IsActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    /// <summary>A getter of a column.</summary>
    /// <exception cref="InvalidOperationException">The column is not active, or of another type.</exception>
    public ValueGetter<T> Get<T>(DataViewSchema.Column column)
    {
        if (!IsActive(column)) throw new InvalidOperationException($"The column '{column.Name}' is not active.");
        if (schema.SourceOf(column) is { } source) return row.GetGetter<T>(source);
        return schema.CreateGetter(column, row, current) as ValueGetter<T>
            ?? throw new InvalidOperationException($"The column '{column.Name}' is of type {column.Type}, and cannot be read as {typeof(T)}.");
    }
}

/// <summary>A row with a model's columns added, scored when the first of them is asked for.</summary>
internal sealed class ScoredRow : DataViewRow
{
    private readonly DataViewRow _row;
    private readonly ScoredGetters _getters;

    /// <summary>Wraps a row.</summary>
    public ScoredRow(ImageSchema schema, ModelScorer scorer, DataViewRow row, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        (_row, Schema) = (row, schema.Output);
        DataViewSchema.Column[] active = [.. activeColumns];
        Func<Imaging.ImageInput>? read = active.Any(schema.IsScored) ? ImageColumnReader.Create(row, schema.Feature) : null;
        (long Position, ScoredImage? Image) last = (-1, null);
        _getters = new ScoredGetters(schema, row, active, () =>
        {
            if (last.Image is null || last.Position != row.Position) last = (row.Position, scorer.Score(read!()));
            return last.Image!;
        });
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _row.Position;

    public override long Batch => _row.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _row.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

    public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column) => _getters.Get<T>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _row.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The rows of a view with a model's columns added: one cursor gives them, in step, and another runs ahead with the images.</summary>
internal sealed class ScoredCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _rows;
    private readonly ScoresAhead? _scores;
    private readonly ScoredGetters _getters;
    private ScoredImage? _current;

    /// <summary>Begins to score where scores are asked for.</summary>
    public ScoredCursor(ImageSchema schema, ModelScorer scorer, IDataView source, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Schema = schema.Output;
        DataViewSchema.Column[] active = [.. activeColumns];
        _rows = source.GetRowCursor(schema.Dependencies(active.Where(column => !schema.IsScored(column))));
        if (active.Any(schema.IsScored)) _scores = new ScoresAhead(scorer, source.GetRowCursor([schema.Feature]), schema.Feature);
        _getters = new ScoredGetters(schema, _rows, active, () => _current ?? throw new InvalidOperationException("The cursor is on no row."));
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _rows.Position;

    public override long Batch => _rows.Batch;

    public override bool MoveNext()
    {
        if (!_rows.MoveNext()) return false;
        _current = _scores?.Next();
        return true;
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => _rows.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _getters.IsActive(column);

    public override ValueGetter<T> GetGetter<T>(DataViewSchema.Column column) => _getters.Get<T>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _scores?.Dispose();
            _rows.Dispose();
        }

        base.Dispose(disposing);
    }
}

/// <summary>A view with a model's columns added. Nothing is read before a cursor is asked for rows.</summary>
internal sealed class ScoredView(ImageSchema schema, ModelScorer scorer, IDataView source) : IDataView
{
    // The cursor that runs ahead and the one in step have to see the same order.
    public bool CanShuffle => false;

    public DataViewSchema Schema => schema.Output;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) =>
        new ScoredCursor(schema, scorer, source, columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];
}

/// <summary>Rows one by one, as prediction engines ask for them.</summary>
internal sealed class ScoredRowMapper(ImageSchema schema, ModelScorer scorer) : IRowToRowMapper
{
    public DataViewSchema InputSchema => schema.Input;

    public DataViewSchema OutputSchema => schema.Output;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) => schema.Dependencies(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns) => new ScoredRow(schema, scorer, input, activeColumns);
}
