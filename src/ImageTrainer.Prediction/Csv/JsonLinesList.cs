using System.Text.Json;

namespace ImageTrainer.Csv;

/// <summary>
/// A list of JSON objects, one a line, each with a string for the path (path, file_name, image, image_url, ...) and others.
/// </summary>
internal sealed class JsonLinesList(string file, ListNeeds needs, ListText text) : ListReader(file, needs, text)
{
    /// <inheritdoc/>
    public override IEnumerable<ListRecord> Read()
    {
        using StreamReader reader = Restart();
        long line = 1;
        while (Step(File, () => line, reader.ReadLine) is { } text)
        {
            if (!string.IsNullOrWhiteSpace(text)) yield return Parse(text, line);
            line++;
        }
    }

    /// <summary>Reads one object.</summary>
    /// <exception cref="ListException">The line is no JSON object, or lacks a field that is needed.</exception>
    private ListRecord Parse(string text, long line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw NoPath(line);
            ListField[] fields = [.. document.RootElement.EnumerateObject().Select(property => ToField(property, line))];
            // An object or a number under a name that often means a path is another thing.
            string[] names = [.. fields.Select(field => field.IsJson ? "" : field.Name)];
            ListColumns columns = ListColumns.Find(
                names, name => throw new ListException($"Line {line} of '{File}' has \"{name}\" twice; rename one."));
            ListColumns ofAll = ListColumns.Find([.. fields.Select(field => field.Name)]);
            columns = columns with { Label = ofAll.Label, Split = ofAll.Split };
            if (columns.Path < 0) throw NoPath(line);
            return Needs.AreMetBy(columns) ? new ListRecord(line, fields, columns) : throw Missing(line, columns, fields);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ListException($"Line {line} of '{File}' is not JSON: {exception.Message}", exception);
        }
    }

    private ListException NoPath(long line) => new(
        $"Line {line} of '{File}' is no JSON object with a string \"path\" (or \"file_name\", \"image\", \"image_url\").");

    private ListException Missing(long line, ListColumns columns, ListField[] fields) => new(
        $"Line {line} of '{File}' has no {(Needs.Label && columns.Label < 0 ? "\"label\" (or \"class\", \"category\")" : "\"split\"")}; "
            + $"it has {string.Join(", ", fields.Select(field => $"\"{field.Name}\""))}.");

    private ListField ToField(JsonProperty property, long line)
    {
        JsonElement value = property.Value;
        if (!Needs.Label || !ListColumns.MayBeLabel(property.Name))
            return ToField(property.Name, value);
        if (value.ValueKind == JsonValueKind.Array)
        {
            if (value.GetArrayLength() > 1) throw SeveralLabels($"\"{property.Name}\" of line {line} has {value.GetArrayLength()} values");
            value = value.EnumerateArray().FirstOrDefault();
        }

        return value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => new ListField(property.Name, ""),
            JsonValueKind.Object => throw new ListException(
                $"\"{property.Name}\" in line {line} of '{File}' is an object; a label is a text or a number."),
            _ => ToField(property.Name, value),
        };
    }

    private static ListField ToField(string name, JsonElement value) => value.ValueKind == JsonValueKind.String
        ? new ListField(name, value.GetString()!)
        : new ListField(name, value.GetRawText(), IsJson: true);
}
