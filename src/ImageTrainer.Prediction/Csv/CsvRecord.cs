namespace ImageTrainer.Csv;

/// <summary>One record of a delimited text: usually a line, more where a quoted field holds line breaks.</summary>
/// <param name="Line">Number of the line it starts on, from 1.</param>
/// <param name="Fields">Its fields, unquoted, one or more.</param>
internal readonly record struct CsvRecord(long Line, IReadOnlyList<string> Fields);
