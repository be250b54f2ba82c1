using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Batch.Listing;
using ImageTrainer.Batch.Output;

namespace ImageTrainer.Batch.Postgres;

/// <summary>A row as the table has it.</summary>
/// <param name="Path">The path as the input writes it; shortened where a key cannot hold it.</param>
/// <param name="Position">Place in the whole input, from 0.</param>
/// <param name="Label">The likeliest label, or null.</param>
/// <param name="Probability">Its probability, or null.</param>
/// <param name="TopK">JSON of the likeliest labels, or null.</param>
/// <param name="Embedding">The features, or null.</param>
/// <param name="Error">Why the image could not be scored, or null.</param>
/// <param name="Columns">
/// JSON of the columns that came with the image, and of its path where that was shortened; null where there is neither.
/// </param>
internal sealed record DatabaseRow(
    string Path, long Position, string? Label, float? Probability, string? TopK, float[]? Embedding, string? Error, string? Columns)
{
    /// <summary>Copies what the table holds of a row.</summary>
    /// <param name="row">The row, whose features and scores are valid only now.</param>
    /// <param name="layout">How many labels, and whether features.</param>
    public static DatabaseRow Of(in ScoredRow row, RowLayout layout)
    {
        string path = DatabaseText.KeyOf(row.Image.Path);
        string? columns = row.Image.Columns.Count == 0 && DatabaseText.FitsKey(row.Image.Path) ? null : ColumnsOf(row.Image);
        if (row.Prediction is not { } prediction)
            return new DatabaseRow(path, row.Position, null, null, null, null, DatabaseText.Clean(row.Error?.Reason ?? ""), columns);
        LabelProbability[] top =
            [.. prediction.TopK(layout.TopCount).Select(label => label with { Label = DatabaseText.Clean(label.Label) })];
        return new DatabaseRow(
            path,
            row.Position,
            top[0].Label,
            top[0].Probability,
            JsonSerializer.Serialize(top, DatabaseJson.Default.LabelProbabilityArray),
            layout.IncludeEmbeddings ? row.Features.ToArray() : null,
            null,
            columns);
    }

    /// <summary>The columns as one JSON object, with the whole path where the key has a shortened one.</summary>
    private static string ColumnsOf(ListedImage image)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            // No column of the input may have that name.
            if (!DatabaseText.FitsKey(image.Path)) json.WriteString("path", DatabaseText.Clean(image.Path));
            foreach (PassedColumn column in image.Columns.DistinctBy(column => column.Name)) Write(column, json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    /// <summary>Writes a column as the JSON it is, where the input is JSON and jsonb takes it, else as text.</summary>
    private static void Write(PassedColumn column, Utf8JsonWriter json)
    {
        json.WritePropertyName(DatabaseText.Clean(column.Name));
        if (column.IsJson && DatabaseText.IsJsonb(column.Value)) json.WriteRawValue(column.Value);
        else json.WriteStringValue(DatabaseText.Clean(column.Value));
    }
}

/// <summary>What PostgreSQL's types text and jsonb and its keys can hold, and what is written where they cannot hold a value.</summary>
internal static class DatabaseText
{
    /// <summary>
    /// Longest name of a job in bytes of UTF-8. An index entry has room for 2704 bytes: the job, the path and the server's own.
    /// </summary>
    public const int LongestJob = 512;

    /// <summary>Longest path of a key in bytes of UTF-8.</summary>
    private const int LongestPath = 2100;

    /// <summary>Letters of a longer path that the key begins with.</summary>
    private const int BeginningLength = 500;

    /// <summary>Characters of a number. jsonb's numbers have up to 131072 digits before the point and 16383 behind it.</summary>
    private const int LongestNumber = 5000;

    /// <summary>Exponent of a number, either way.</summary>
    private const int LargestExponent = 10_000;

    /// <summary>The text, with U+FFFD for what PostgreSQL's text does not have: U+0000 and halves of surrogate pairs.</summary>
    /// <param name="text">Any text of .NET, which may hold what UTF-8 does not.</param>
    public static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD')));

    /// <summary>Whether a key can hold a path as it is.</summary>
    public static bool FitsKey(string path) => Encoding.UTF8.GetByteCount(Clean(path)) <= LongestPath;

    /// <summary>
    /// A path as the key has it: as it is, or where it is too long its beginning, an ellipsis and the SHA-256 of its UTF-8.
    /// </summary>
    public static string KeyOf(string path) => FitsKey(path)
        ? Clean(path)
        : $"{Clean(path[..BeginningLength])}…{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))}";

    /// <summary>Whether jsonb takes a JSON value.</summary>
    public static bool IsJsonb(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        while (reader.Read())
        {
            if (!IsTaken(ref reader)) return false;
        }

        return true;
    }

    /// <summary>Whether jsonb takes one token: escapes may stand for what text cannot hold, and numbers be beyond numeric.</summary>
    private static bool IsTaken(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => IsNumeric(reader.ValueSpan),
        JsonTokenType.String or JsonTokenType.PropertyName => !reader.ValueIsEscaped || IsText(ref reader),
        _ => true,
    };

    /// <summary>Whether an escaped text holds letters alone, and neither U+0000 nor half of a pair.</summary>
    private static bool IsText(ref Utf8JsonReader reader)
    {
        try
        {
            return !reader.GetString()!.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return false;
        }
    }

    /// <summary>Whether PostgreSQL's numeric, which jsonb's numbers are, holds a number.</summary>
    private static bool IsNumeric(ReadOnlySpan<byte> number)
    {
        int mark = number.IndexOfAny((byte)'e', (byte)'E');
        return number.Length <= LongestNumber
            && (mark < 0
                || (int.TryParse(number[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int exponent)
                    && exponent is >= -LargestExponent and <= LargestExponent));
    }
}

/// <summary>What the database holds as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(JobIdentity))]
[JsonSerializable(typeof(JobProgress))]
[JsonSerializable(typeof(LabelProbability[]))]
internal sealed partial class DatabaseJson : JsonSerializerContext;
