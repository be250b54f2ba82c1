using System.Text.Json;
using System.Text.Json.Serialization;

namespace ImageTrainer.Evaluation;

/// <summary>Writes NaN, which JSON has no word for, as null, and reads it back; also the text "NaN", which older files have.</summary>
internal sealed class UndefinedAsNullConverter : JsonConverter<double>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.Null or JsonTokenType.String ? double.NaN : reader.GetDouble();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
    {
        if (double.IsNaN(value))
            writer.WriteNullValue();
        else
            writer.WriteNumberValue(value);
    }
}
