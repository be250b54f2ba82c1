using System.Text.Json;

namespace ImageTrainer.Batch.Listing;

/// <summary>A list of JSON objects, one a line, each with a string <c>path</c> and others that go to the output as they are.</summary>
internal sealed class JsonLinesListSource(string file) : IImageSource
{
    private const string PathProperty = "path";

    /// <inheritdoc/>
    public bool CanRepeat => true;

    /// <inheritdoc/>
    public IEnumerable<ListedImage> List()
    {
        using StreamReader reader = ListFile.Open(file);
        string folder = Path.GetDirectoryName(file) ?? "";
        long line = 1;
        while (ListFile.Read(file, () => line, reader.ReadLine) is { } text)
        {
            if (!string.IsNullOrWhiteSpace(text)) yield return Parse(text, line, folder);
            line++;
        }
    }

    private ListedImage Parse(string text, long line, string folder)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty(PathProperty, out JsonElement path)
                || path.ValueKind != JsonValueKind.String)
                throw new ScoringInputException(file, $"Line {line} of '{file}' is no JSON object with a string \"{PathProperty}\".");
            PassedColumn[] columns =
                [.. document.RootElement.EnumerateObject().Where(property => property.Name != PathProperty).Select(ToColumn)];
            return ListFile.Image(path.GetString()!, folder, columns);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ScoringInputException(file, $"Line {line} of '{file}' is not JSON: {exception.Message}", exception);
        }
    }

    private static PassedColumn ToColumn(JsonProperty property) => property.Value.ValueKind == JsonValueKind.String
        ? new PassedColumn(property.Name, property.Value.GetString()!, IsJson: false)
        : new PassedColumn(property.Name, property.Value.GetRawText(), IsJson: true);
}
