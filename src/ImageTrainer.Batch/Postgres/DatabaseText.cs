using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ImageTrainer.Batch.Postgres;

/// <summary>What PostgreSQL's text, jsonb and keys can hold, and what is written where they cannot.</summary>
internal static class DatabaseText
{
    /// <summary>UTF-8 bytes of the longest name of a job. An index entry has room for 2704 bytes: the job, the path and the server's own.</summary>
    public const int LongestJob = 512;

    private const int LongestPath = 2100;
    private const int BeginningLength = 500;

    // jsonb's numbers have up to 131072 digits before the point and 16383 behind it.
    private const int LongestNumber = 5000;
    private const int LargestExponent = 10_000;

    /// <summary>The text, with U+FFFD for what PostgreSQL's text does not have: U+0000 and halves of surrogate pairs.</summary>
    public static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Replace('\0', '\uFFFD')));

    /// <summary>Whether a key can hold a path as it is.</summary>
    public static bool FitsKey(string path) => Encoding.UTF8.GetByteCount(Clean(path)) <= LongestPath;

    /// <summary>A path as the key has it: as it is, or where it is too long its beginning, an ellipsis and the SHA-256 of its UTF-8.</summary>
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

    private static bool IsTaken(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => IsNumeric(reader.ValueSpan),
        JsonTokenType.String or JsonTokenType.PropertyName => !reader.ValueIsEscaped || IsText(ref reader),
        _ => true,
    };

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

    private static bool IsNumeric(ReadOnlySpan<byte> number)
    {
        int mark = number.IndexOfAny((byte)'e', (byte)'E');
        return number.Length <= LongestNumber
            && (mark < 0
                || (int.TryParse(number[(mark + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int exponent)
                    && exponent is >= -LargestExponent and <= LargestExponent));
    }
}
