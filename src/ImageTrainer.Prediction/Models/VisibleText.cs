namespace ImageTrainer.Models;

/// <summary>Text from a file that anybody may have made, for the terminal.</summary>
internal static class VisibleText
{
    /// <summary>The text with its control characters as \u and four digits: it must not steer the terminal, nor look like two lines.</summary>
    public static string Of(string text) => !text.Any(char.IsControl)
        ? text
        : string.Concat(text.Select(character => char.IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString()));
}
