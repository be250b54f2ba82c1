namespace ImageTrainer.Csv;

/// <summary>Delimited text is malformed. Whoever knows the file's name puts it into words with <see cref="Describe"/>.</summary>
/// <param name="line">Number of the line, from 1.</param>
/// <param name="fault">What is wrong and the way out, to stand behind a colon.</param>
internal sealed class CsvFormatException(long line, string fault) : FormatException($"Line {line}: {fault}.")
{
    /// <summary>A sentence that names the file.</summary>
    public string Describe(string file) => $"Line {line} of '{file}': {fault}.";
}
