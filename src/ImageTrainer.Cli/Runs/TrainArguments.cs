using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImageTrainer.Training;
using ImageTrainer.Training.FineTuning;

namespace ImageTrainer.Cli.Runs;

/// <summary>What <c>imagetrainer train</c> was asked to do; written to args.json of the run. Null is what was not asked for.</summary>
internal sealed record TrainArguments
{
    /// <summary>Share of each class that is held out where nothing else says what is.</summary>
    public const double DefaultTestFraction = 0.2;

    /// <summary>The data set: a folder, or a list.</summary>
    public required string Dataset { get; init; }

    /// <summary>Labelled images to calibrate on and to compare epochs on.</summary>
    public string? Validation { get; init; }

    /// <summary>Labelled images to measure on.</summary>
    public string? Test { get; init; }

    /// <summary>
    /// Share of each class to hold out, above 0 and below 1; null for <see cref="DefaultTestFraction"/>, and where it is given what is
    /// held out.
    /// </summary>
    public double? TestFraction { get; init; }

    /// <summary>"auto", a name, or the path of a weight file.</summary>
    public required string Backbone { get; init; }

    /// <summary>Where a copy of model.zip goes.</summary>
    public string? Output { get; init; }

    /// <summary>The run folder; null for one of the data set's name and the time.</summary>
    public string? RunDirectory { get; init; }

    /// <summary>The splits.csv to divide the images by.</summary>
    public string? Splits { get; init; }

    /// <summary>Whether rare classes count as much as frequent ones.</summary>
    [JsonConverter(typeof(ClassWeightsConverter))]
    public ClassWeights ClassWeights { get; init; }

    /// <summary>How the network's last stages are trained; null to leave it as it is.</summary>
    [JsonConverter(typeof(FineTuningConverter))]
    public FineTuningOptions? FineTune { get; init; }

    /// <summary>Side of the network's input in pixels; null for the backbone's own.</summary>
    public int? ImageSize { get; init; }

    /// <summary>"auto", "cpu", "cuda" or "cuda:N".</summary>
    public required string Device { get; init; }

    /// <summary>The arithmetic of the network.</summary>
    [JsonConverter(typeof(NetworkPrecisionConverter))]
    public NetworkPrecision Precision { get; init; }

    /// <summary>Seed of every random draw, the split's included.</summary>
    public int Seed { get; init; }

    /// <summary>Least micro-accuracy, 0 to 1, below which the exit code is 4; null for any.</summary>
    public double? MinAccuracy { get; init; }

    /// <summary>Whether features are neither looked for in the cache nor kept there.</summary>
    public bool NoCache { get; init; }

    /// <summary>Whether the report is printed as JSON.</summary>
    public bool Json { get; init; }

    /// <summary>Whether an earlier run of <see cref="RunDirectory"/> goes on.</summary>
    [JsonIgnore]
    public bool Resumes { get; init; }

    /// <summary>The same with paths that mean the same from every folder.</summary>
    public TrainArguments WithFullPaths() => this with
    {
        Dataset = Path.GetFullPath(Dataset),
        Validation = FullPath(Validation),
        Test = FullPath(Test),
        Backbone = File.Exists(Backbone) ? Path.GetFullPath(Backbone) : Backbone,
        Output = FullPath(Output),
        Splits = FullPath(Splits),
    };

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class ClassWeightsConverter() : JsonStringEnumConverter<ClassWeights>(JsonNamingPolicy.CamelCase);

    /// <summary>Writes the value as it is given on the command line.</summary>
    internal sealed class NetworkPrecisionConverter() : JsonStringEnumConverter<NetworkPrecision>(JsonNamingPolicy.CamelCase);
}

/// <summary>
/// Writes the options of fine-tuning that say something of themselves, and reads them again; those that are not there, as in the
/// arguments of an older version, have their defaults.
/// </summary>
internal sealed class FineTuningConverter : JsonConverter<FineTuningOptions>
{
    /// <summary>The options that have a description, by their names in the file.</summary>
    private static readonly (string Name, PropertyInfo Property)[] Written =
    [
        .. typeof(FineTuningOptions).GetProperties().Where(property => property.IsDefined(typeof(DisplayAttribute)))
            .Select(property => (JsonNamingPolicy.CamelCase.ConvertName(property.Name), property)),
    ];

    /// <inheritdoc/>
    public override FineTuningOptions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var read = new FineTuningOptions();
        using var document = JsonDocument.ParseValue(ref reader);
        foreach ((string name, PropertyInfo property) in Written)
        {
            Type? nullable = Nullable.GetUnderlyingType(property.PropertyType);
            if (!document.RootElement.TryGetProperty(name, out JsonElement value)) continue;
            if (value.ValueKind != JsonValueKind.Null) property.SetValue(read, ValueOf(value, nullable ?? property.PropertyType));
            else if (nullable is not null) property.SetValue(read, null);
        }

        return read;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, FineTuningOptions value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach ((string name, PropertyInfo property) in Written)
        {
            switch (property.GetValue(value))
            {
                case null:
                    writer.WriteNull(name);
                    break;
                case Enum choice:
                    writer.WriteString(name, JsonNamingPolicy.CamelCase.ConvertName(choice.ToString()));
                    break;
                case TimeSpan time:
                    writer.WriteString(name, time.ToString("c", CultureInfo.InvariantCulture));
                    break;
                case int number:
                    writer.WriteNumber(name, number);
                    break;
                case var number:
                    writer.WriteNumber(name, (double)number);
                    break;
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>A value of the property's type.</summary>
    /// <exception cref="JsonException">The value is of another kind, or no name of the enumeration.</exception>
    private static object ValueOf(JsonElement value, Type type)
    {
        try
        {
            if (type.IsEnum) return Enum.Parse(type, value.GetString()!, ignoreCase: true);
            if (type == typeof(TimeSpan)) return TimeSpan.ParseExact(value.GetString()!, "c", CultureInfo.InvariantCulture);
            return type == typeof(int) ? (object)value.GetInt32() : value.GetDouble();
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            throw new JsonException($"{value} is no {type.Name}.", exception);
        }
    }
}
