namespace ImageTrainer.Data;

/// <summary>Numbers of things in sentences.</summary>
internal static class Counted
{
    /// <summary>"1 image", "2 images", with a regular plural.</summary>
    public static string Of(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {noun}s";
}
