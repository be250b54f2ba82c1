using System.Globalization;
using System.Text;

namespace ImageTrainer.Models;

/// <summary>Makes visible what would move the cursor, change colours or turn text around on a terminal.</summary>
internal static class VisibleText
{
    /// <summary>The text with its control and format characters, overrides of the direction of writing among them, as \u escapes.</summary>
    public static string Of(string text)
    {
        if (!text.Any(IsHidden)) return text;
        var visible = new StringBuilder(text.Length + 16);
        foreach (char character in text)
        {
            if (IsHidden(character)) visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else visible.Append(character);
        }

        return visible.ToString();
    }

    /// <summary>The same of text of several lines, whose ends stay: JSON remains the same JSON.</summary>
    public static string OfLines(string text) => string.Join('\n', text.Split('\n').Select(Of));

    /// <summary>Joiners (200C, 200D) shape letters and emoji, and move nothing.</summary>
    private static bool IsHidden(char character) => CharUnicodeInfo.GetUnicodeCategory(character) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => character is not ('\u200C' or '\u200D'),
        _ => false,
    };
}
