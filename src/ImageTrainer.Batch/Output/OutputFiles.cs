namespace ImageTrainer.Batch.Output;

/// <summary>The files of a job whose output is a file.</summary>
/// <param name="output">Path of the output.</param>
internal sealed class OutputFiles(string output)
{
    /// <summary>First line of <see cref="Errors"/>.</summary>
    public static ReadOnlySpan<byte> ErrorsHeader => "path,error\n"u8;

    /// <summary>The finished output; there only once the job is finished.</summary>
    public string Final => output;

    /// <summary>The output while it grows.</summary>
    public string Partial => output + ".partial";

    /// <summary>The images that could not be scored, and why.</summary>
    public string Errors => output + ".errors.csv";

    /// <summary>What the job is and how far it is. Open and locked while the job runs; stays when it is finished.</summary>
    public string Journal => output + ".journal";

    /// <summary>What of them is there, for messages: "'x.partial' and 'x.journal'".</summary>
    public string NamesOfThoseThere()
    {
        string[] names = [.. new[] { Final, Partial, Errors, Journal }.Where(File.Exists).Select(file => $"'{file}'")];
        return names.Length < 2 ? string.Concat(names) : $"{string.Join(", ", names[..^1])} and {names[^1]}";
    }
}
