using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageTrainer.Batch.Output;

/// <summary>One commit: everything up to it is in the files, whatever stands behind it there.</summary>
/// <param name="Progress">How far the job is.</param>
/// <param name="OutputLength">Bytes of the output that count.</param>
/// <param name="ErrorsLength">Bytes of the errors file that count.</param>
/// <param name="PositionSteps">
/// Of a share: where its rows since the last commit stand in the whole input, as steps from one to the next, in base64 of 7-bit groups.
/// Null of a whole input, where every step is 1.
/// </param>
/// <param name="ErrorPositionSteps">The same of the rows of the errors file.</param>
internal sealed record JournalEntry(
    JobProgress Progress, long OutputLength, long ErrorsLength, string? PositionSteps = null, string? ErrorPositionSteps = null)
{
    /// <summary>Before the first commit.</summary>
    public static JournalEntry None { get; } = new(JobProgress.None, 0, 0);
}

/// <summary>What a journal holds.</summary>
/// <param name="Identity">The job, or null where not even that was written whole.</param>
/// <param name="Last">The last commit.</param>
/// <param name="Length">Bytes of the journal that are sound.</param>
internal sealed record JournalContent(JobIdentity? Identity, JournalEntry Last, long Length);

/// <summary>
/// The memory of a job: a line for what it is and one for every commit, each with a check sum, so that a line that a kill or a full
/// disk cut short is known and left out. Every line is on the disk before the next step of the job.
/// </summary>
internal static class Journal
{
    /// <summary>Letters of a check sum: the first four bytes of the line's SHA-256, in hexadecimal.</summary>
    private const int SumLength = 8;

    /// <summary>Appends what the job is.</summary>
    public static void Begin(AppendedFile file, JobIdentity identity) =>
        Append(file, JsonSerializer.SerializeToUtf8Bytes(identity, JournalJson.Default.JobIdentity));

    /// <summary>Appends a commit.</summary>
    /// <exception cref="ScoringOutputException">The disk is full, or fails; the commit then does not count.</exception>
    public static void Append(AppendedFile file, JournalEntry entry) =>
        Append(file, JsonSerializer.SerializeToUtf8Bytes(entry, JournalJson.Default.JournalEntry));

    /// <summary>Reads a journal as far as it is sound.</summary>
    public static JournalContent Read(ReadOnlyMemory<byte> content)
    {
        JobIdentity? identity = null;
        JournalEntry last = JournalEntry.None;
        long length = 0;
        foreach ((ReadOnlyMemory<byte> json, long end) in SoundLines(content))
        {
            if (identity is null) identity = Parse(json, JournalJson.Default.JobIdentity);
            else last = Parse(json, JournalJson.Default.JournalEntry);
            length = end;
        }

        return new JournalContent(identity, last, length);
    }

    /// <summary>All commits of a journal, in order.</summary>
    public static IEnumerable<JournalEntry> Entries(ReadOnlyMemory<byte> content) =>
        SoundLines(content).Skip(1).Select(line => Parse(line.Json, JournalJson.Default.JournalEntry));

    /// <summary>Appends a line, and has it on the disk before it returns.</summary>
    private static void Append(AppendedFile file, byte[] json)
    {
        IBufferWriter<byte> buffer = file.Buffer;
        buffer.Write(Sum(json));
        buffer.Write(json);
        buffer.Write("\n"u8);
        file.FlushToDisk();
    }

    /// <summary>The lines of a journal up to the first that is cut or damaged, each with the place where it ends.</summary>
    private static IEnumerable<(ReadOnlyMemory<byte> Json, long End)> SoundLines(ReadOnlyMemory<byte> content)
    {
        int start = 0;
        while (start < content.Length && content.Span[start..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            ReadOnlyMemory<byte> line = content.Slice(start, length);
            if (line.Length <= SumLength || !line.Span[..SumLength].SequenceEqual(Sum(line.Span[SumLength..]))) yield break;
            start += length + 1;
            yield return (line[SumLength..], start);
        }
    }

    /// <summary>The check sum of a line, in ASCII.</summary>
    private static byte[] Sum(ReadOnlySpan<byte> json) =>
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, SumLength / 2)));

    private static T Parse<T>(ReadOnlyMemory<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(json.Span, type) ?? throw new JsonException("A line of the journal is null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobIdentity))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(JobProgress))]
internal sealed partial class JournalJson : JsonSerializerContext;
