using System.Diagnostics;
using System.Text;
using ImageTrainer.Batch;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;

namespace ImageTrainer.Tests;

/// <summary>A small model, pictures for it and a folder to score in.</summary>
internal sealed class ScoringBench : IDisposable
{
    /// <summary>Side of the model's input: small, so that tests score by the thousand.</summary>
    public const int ImageSize = 32;

    private static readonly Lazy<byte[]> Zip = new(() => TinyModel.BuildZip(ImageSize));
    private readonly TemporaryFolder _folder = new();

    /// <summary>Writes pictures, three kinds of so many.</summary>
    public ScoringBench(int countPerKind = 4) => Photos = Drawings.WriteDataset(_folder, "photos", countPerKind);

    /// <summary>Folder of the pictures.</summary>
    public string Photos { get; }

    /// <summary>Full path of the folder that holds everything.</summary>
    public string Folder => _folder.Path;

    /// <summary>Full path of a file in it.</summary>
    public string Combine(params string[] parts) => _folder.Combine(parts);

    /// <summary>Opens the model.</summary>
    public static ImagePredictionEngine LoadEngine() =>
        ImagePredictionEngine.Load(new MemoryStream(Zip.Value, writable: false), new ImagePredictionEngineOptions { ThreadsPerPrediction = 1 });

    /// <summary>Writes the model's file and gives its path.</summary>
    public string WriteModel()
    {
        File.WriteAllBytes(Combine("model.zip"), Zip.Value);
        return Combine("model.zip");
    }

    /// <summary>Writes a list of the pictures, over and over until it has so many lines.</summary>
    public string WriteList(string name, int count, params string[] more)
    {
        string[] pictures = [.. Directory.GetFiles(Photos, "*.png", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        IEnumerable<string> lines = Enumerable.Range(0, count).Select(i => Path.GetRelativePath(Folder, pictures[i % pictures.Length]));
        File.WriteAllLines(Combine(name), [.. lines, .. more]);
        return Combine(name);
    }

    /// <summary>Writes such a list with paths so long that a reader takes it in pieces: what comes later is read as well.</summary>
    public string WriteLongList(string name, int count)
    {
        string list = WriteList(name, count);
        File.WriteAllLines(list, File.ReadAllLines(list).Select(path => string.Concat(Enumerable.Repeat("./", 400)) + path));
        return list;
    }

    /// <summary>Changes every commit in the journal of an output.</summary>
    public void RewriteJournal(string output, Func<JournalEntry, JournalEntry> change)
    {
        string path = new OutputFiles(Combine(output)).Journal;
        byte[] content = File.ReadAllBytes(path);
        using AppendedFile journal = AppendedFile.Open(path);
        journal.Truncate(0);
        Journal.Begin(journal, Journal.Read(content).Identity!);
        foreach (JournalEntry entry in Journal.Entries(content)) Journal.Append(journal, change(entry));
    }

    /// <summary>Runs a line of a shell in the folder; true where it succeeds.</summary>
    public bool Shell(string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line + " 2> /dev/null"]) { WorkingDirectory = Folder };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Scores into a file of the folder.</summary>
    public ScoringSummary Score(string output, ScoringOptions? options = null, params string[] inputs) =>
        Score(output, options, inputs, "0123456789abcdef", progress: null, CancellationToken.None);

    /// <summary>Scores into a file of the folder; with the model's hash given, as another model.</summary>
    public ScoringSummary Score(
        string output,
        ScoringOptions? options,
        string[] inputs,
        string modelSha256 = "0123456789abcdef",
        IProgress<ScoringProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        using ImagePredictionEngine engine = LoadEngine();
        return new BatchScorer(engine, modelSha256).Score(inputs.Length > 0 ? inputs : [Photos], Combine(output), options, progress, cancellationToken);
    }

    /// <summary>Scores paths that come in a stream, as on standard input, a line each.</summary>
    public ScoringSummary ScoreStream(string output, ScoringOptions options, params string[] paths) =>
        ScoreStream(output, options, new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', paths))), [ScoringInput.StandardInput]);

    /// <summary>Scores inputs of which one is a stream.</summary>
    public ScoringSummary ScoreStream(string output, ScoringOptions options, Stream stream, string[] inputs)
    {
        using ImagePredictionEngine engine = LoadEngine();
        var scorer = new BatchScorer(engine, "0123456789abcdef");
        using var sink = new FileSink(Combine(output), options.Format);
        return scorer.Score(ScoringInput.Parse(inputs, () => stream), sink, options, progress: null, CancellationToken.None);
    }

    /// <summary>The lines of a file of the folder.</summary>
    public string[] Lines(string name) => File.ReadAllLines(Combine(name));

    public void Dispose() => _folder.Dispose();
}
